import LLMStreaming

extension ErrorKind {
    /// What its user can do about errors of this kind, in less than a line.
    var advice: String {
        switch self {
        case .dns: "no such host: check --base-url or the provider's URL, and the network"
        case .connect: "nothing answers there: check the URL, and that the server runs"
        case .tls: "its certificate is not trusted: --ca-file FILE names its authority"
        case .proxy: "check HTTPS_PROXY; NO_PROXY names what is reached without it"
        case .timeoutConnect: "the server is busy or far: try again, or a longer --connect-timeout"
        case .timeoutFirstToken: "fewer streams (--concurrency), or a longer --first-token-timeout"
        case .timeoutIdle: "the stream fell silent: try again, or a longer --idle-timeout"
        case .timeoutStall: "only pings came: try again, or a longer --stall-timeout"
        case .timeoutJob: "it took longer than --job-timeout allows"
        case .cut: "the stream broke: try again, it goes on from the text that is kept"
        case .auth: "the key is refused: set the right one, then resume"
        case .quota: "the account is used up: top it up, then resume"
        case .permission: "the key may not do this: check the account's rights, then try again"
        case .notFound: "no such model or path: check the model's name and the URL"
        case .rateLimit: "too many requests: lower --rpm, --tpm or --concurrency"
        case .overloaded: "the provider is overloaded: try again later"
        case .server: "the provider failed, three times alike or in every try: try again later"
        case .invalidRequest: "mend the line; run it under a new id or with --on-changed replace"
        case .contentPolicy: "the provider will not answer this: change the request"
        case .contextLength: "too long for the model: shorten it, lower max_tokens, or take another model"
        case .decode: "it does not speak the protocol: check the provider's dialect and URL"
        case .oversizedEvent: "an event was larger than --max-event-bytes"
        case .oversizedCompletion: "an answer may have 64 MiB: set max_tokens"
        case .redirect: "the server is elsewhere: give the URL that it names"
        case .outage: "out for longer than --outage-timeout: resume when it is back"
        case .cancelled: "cancelled: retry --all runs it"
        }
    }
}
