import BatchEngine
import BatchStore
import LLMStreaming

/// Failed jobs that failed alike: how many, one of them in words, and what to do about it.
struct FailureReport {
    /// The most groups that are told each; the others are counted.
    private static let maximumGroups = 12

    var group: FailureGroup
    /// Characters of a line; nil where no terminal is written to.
    var width: Int?

    /// All groups; what a kind asks for is said once where it is the same.
    static func lines(_ groups: [FailureGroup], width: Int?) -> [String] {
        var lines: [String] = []
        let told = groups.prefix(maximumGroups)
        for (index, group) in told.enumerated() {
            let report = FailureReport(group: group, width: width)
            lines += report.lines
            let next = told.dropFirst(index + 1).first
            if let advice = report.advice, next?.kind != group.kind || next.flatMap({ Self.advice(of: $0) }) != advice {
                lines += TerminalText.wrapped(advice, first: "  ", indentation: 4, width: width)
            }
        }
        let others = groups.dropFirst(maximumGroups).reduce(0) { $0 + $1.count }
        if others > 0 { lines.append("failed otherwise: \(others.counted("job"))") }
        return lines
    }

    private static func advice(of group: FailureGroup) -> String? { FailureReport(group: group).advice }

    /// What to do about it.
    private var advice: String? { ErrorKind(rawValue: group.kind)?.advice(for: group.error) }

    private var lines: [String] {
        let status = group.httpStatus.map { " (HTTP \($0))" } ?? ""
        let first = "failed: \(group.kind)\(status): "
        if group.isRest { return [first + "\(group.count.grouped) more"] }
        let place = TerminalText.line(group.source, limit: 60) + (group.line.map { ":\($0)" } ?? "")
        let example = "'\(TerminalText.line(group.customID, limit: 60))' (\(place))"
        let jobs = group.count == 1 ? "job \(example)" : "\(group.count.grouped) jobs, such as \(example)"
        let error = TerminalText.line(group.error, limit: 200)
        return TerminalText.wrapped("\(jobs): \(error)", first: first, indentation: 4, width: width)
    }

    var json: JSON {
        [
            "kind": .string(group.kind), "http_status": group.httpStatus.map(JSON.int) ?? .null,
            "jobs": .int(group.count),
            "example": group.isRest
                ? .null
                : [
                    "id": .string(group.customID), "source": .string(group.source),
                    "line": group.line.map(JSON.int) ?? .null, "error": .string(group.error),
                ],
            "advice": advice.map(JSON.string) ?? .null,
        ]
    }
}

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
        case .server: "the provider failed, three times alike or in every attempt: try again later"
        case .invalidRequest: "mend the line; run it under a new id or with --on-changed replace"
        case .contentPolicy: "the provider will not answer this: change the request"
        case .contextLength: "too long for the model: shorten it, lower max_tokens, or take another model"
        case .decode: "it does not speak the protocol: check the provider's dialect and URL"
        case .oversizedEvent: "an event was larger than --max-event-bytes"
        case .oversizedCompletion: "an answer may have 64 MiB: set max_tokens"
        case .redirect: "the server is elsewhere: give the URL that it names"
        case .outage: "out for longer than --outage-timeout: resume when it is back"
        case .invalidAnswer: "not what the check asks for: the view rejected_answers has them; retry asks again"
        case .timeoutCheck: "the check program was too slow: a longer --check-timeout, then retry"
        case .repetition: "the model wrote one piece over and over: another temperature, model or prompt"
        case .cancelled: "cancelled: retry --all runs it"
        }
    }
}

extension ErrorKind {
    /// Whether the same request may succeed another time, be it after something beside it was mended.
    var mayPassLater: Bool {
        switch self {
        case .invalidRequest, .contentPolicy, .contextLength, .oversizedCompletion, .cancelled: false
        case .dns, .connect, .tls, .proxy, .timeoutConnect, .timeoutFirstToken, .timeoutIdle, .timeoutStall,
            .timeoutJob, .cut, .auth, .quota, .permission, .notFound, .rateLimit, .overloaded, .server, .decode,
            .oversizedEvent, .redirect, .outage, .invalidAnswer, .timeoutCheck, .repetition:
            true
        }
    }

    /// What to do about an error of this kind with that message.
    func advice(for message: String?) -> String {
        guard let message else { return advice }
        if let known = ErrorAdvice.advice(for: message) { return known }
        guard self == .invalidRequest || self == .server || self == .overloaded else { return advice }
        return ErrorAdvice.advice(bySuspicionOf: self, message) ?? advice
    }
}

/// Advice that fits one case of a kind, told by the words of its message.
enum ErrorAdvice {
    /// What to do about a provider or model that gets no more requests; nil where its message says it all.
    static func advice(forStop message: String) -> String? {
        advice(for: message) ?? advice(bySuspicionOf: .decode, message)
            ?? advice(bySuspicionOf: .invalidRequest, message)
    }

    /// What to do where not the job is what is refused.
    static func advice(bySuspicionOf kind: ErrorKind, _ message: String) -> String? {
        switch LLMError(kind, message).suspicion {
        case .model: ErrorKind.notFound.advice
        case .provider where kind == .decode: kind.advice
        case .provider: "it is not the jobs that are refused: check the URL, the dialect and the account"
        case nil: nil
        }
    }

    /// Nil where the message is of no such case.
    static func advice(for message: String) -> String? {
        if message.hasPrefix("the certificate of ") || message.hasPrefix("no TLS with ") {
            return tls.first { message.contains($0.words) }?.advice
        }
        if let known = others.first(where: { message.contains($0.words) }) { return known.advice }
        let error = message.lowercased()
        let isPage = ["<!doctype html", "<html", "text/html"].contains(where: error.contains)
        return isPage
            ? "a page came in place of an answer: check the URL (a missing /v1?) and the network's login" : nil
    }

    private static let tls: [(words: String, advice: String)] = [
        ("it has expired", "the server's certificate has run out: it must be renewed; check this machine's clock too"),
        ("not valid yet", "the certificate is of the future: check this machine's clock"),
        ("another host", "the URL must name the host that the certificate is for"),
        ("self-signed", "it vouches for itself: --ca-file FILE with this certificate trusts it"),
        ("its issuer is not trusted", "--ca-file FILE names its authority, where you trust it"),
        ("does not speak TLS", "give an http:// URL, or the port where the server speaks TLS"),
        ("HTTP/2 only", "--http auto, or 2, speaks it"),
        ("does not speak HTTP/2", "--http auto, or 1, asks in HTTP/1.1"),
        ("wants a client certificate", "--client-cert FILE and --client-key FILE name it"),
        ("our client certificate", "check --client-cert: it may have expired, or be of another authority"),
        ("may want a client certificate", "--client-cert FILE and --client-key FILE name one"),
        ("version 1.2", "the server's TLS is too old: it must be brought up to date"),
        ("does not know this host name", "check the host in the URL"),
        ("cannot be read", "something on the way may break TLS: check the URL, the port and the network"),
    ]

    private static let others: [(words: String, advice: String)] = [
        ("HTTP/2 only", "--http 2 speaks it"), ("try HTTP/1.1", "--http 1 asks in HTTP/1.1"),
        ("it wants HTTP/1.1", "--http 1 asks in it"),
        ("has vanished", "the server or the way to it went away without a word: try again"),
        ("a redirect that does not say where to", "what answers there serves no such requests: check the URL"),
        ("a redirect that asks for another method", "a page is meant: check the URL, and the network's login"),
        ("redirected more than", "the server sends requests in a circle: check the URL"),
        (", a redirect ", "the server is elsewhere: give the URL that it names"),
        ("speaks TLS on this port", "give an https:// URL"),
        ("HTTP request was sent to HTTPS port", "give an https:// URL"),
        ("HTTP request to an HTTPS server", "give an https:// URL"),
        (
            "the request is larger than the whole limit",
            "no wait makes it fit: shorten it, lower max_tokens, or have the limit raised"
        ),
        (
            "larger than the limit of a whole minute",
            "no wait makes it fit: shorten it, lower max_tokens, or have the limit raised"
        ),
    ]
}
