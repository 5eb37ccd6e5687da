/// Why an answer ended, in one vocabulary for all providers; all of these are complete answers.
public enum FinishReason: String, Sendable, Hashable, CaseIterable {
    /// The model had no more to say, or a stop text came.
    case stop
    /// The bound of its tokens was reached.
    case length
    /// The model wants tools called.
    case toolCalls = "tool_calls"
    /// The provider's filter ended it.
    case contentFilter = "content_filter"
    /// The model refused.
    case refusal
    /// The provider gave none, or one that we do not know.
    case unknown

    /// The reason that a provider's own word means.
    public init(native: String) {
        self = if case .reason(let reason) = FinishWord(native) { reason } else { .unknown }
    }
}

/// What a word in the place of a finish reason says, in the spellings of all servers.
///
/// Case, separators and the name of an enumeration make no difference: `MAX_TOKENS`, `maxTokens` and
/// `FinishReason.MAX_TOKENS` are the same word.
enum FinishWord: Sendable, Equatable {
    /// Nothing: the answer goes on.
    case none
    /// The answer is whole.
    case reason(FinishReason)
    /// The answer failed, and what came of it is not whole.
    case failure(ErrorKind)

    /// What a provider's word says.
    init(_ native: String) {
        guard native.utf8.count <= Self.longest else {
            self = .reason(.unknown)
            return
        }
        // As nearly all servers write it.
        if let reason = Self.reasons[native] {
            self = .reason(reason)
            return
        }
        var word = String(native.lowercased().unicodeScalars.filter(\.properties.isAlphabetic))
        if word.hasPrefix("finishreason") { word.removeFirst("finishreason".count) }
        if Self.nothing.contains(word) {
            // What has no letters at all is a word of its own, unless it is blank.
            self = word.isEmpty && native.contains { !$0.isWhitespace } ? .reason(.unknown) : .none
        } else if let reason = Self.reasons[word] {
            self = .reason(reason)
        } else if let kind = ErrorVocabulary.kind(of: native) {
            self = .failure(kind)
        } else if let kind = Self.failures.first(where: { word.contains($0.stem) })?.kind {
            self = .failure(kind)
        } else {
            self = .reason(.unknown)
        }
    }

    /// What is longer is no word; it would be compared with all of them.
    private static let longest = 256

    /// Python's and JavaScript's words for no value, Google's and TensorRT's for no reason yet, and what says that
    /// the answer is still being written.
    private static let nothing: Set = [
        "", "null", "none", "nil", "undefined", "unspecified", "unset", "notset", "notfinished", "unfinished",
        "inprogress", "generating", "running", "streaming", "pending", "queued", "processing", "continue",
    ]

    private static let reasons: [String: FinishReason] = {
        let words: [FinishReason: [String]] = [
            // OpenAI; Anthropic; TGI and Together; Cohere; LM Studio; TensorRT; llama.cpp and its bindings; Baidu
            .stop: [
                "stop", "stopped", "endturn", "stopsequence", "eos", "eostoken", "completed", "complete", "eosfound",
                "stopstringfound", "endid", "stopword", "stopwords", "stopstring", "stoptoken", "stoptrigger",
                "eogtoken", "endofturn", "endoftext", "endofsequence", "eot", "normal", "done", "end", "finish",
                "finished", "success", "noerror", "word", "stoppedword", "stoppedeos",
            ],
            // OpenAI; Anthropic; Mistral; Google; LM Studio; SenseNova; Cohere's "error" for a full context
            .length: [
                "length", "maxtokens", "maxtoken", "modellength", "modelcontextwindowexceeded",
                "contextwindowexceeded", "contextlengthexceeded", "contextlengthreached", "contextlength", "context",
                "maxoutputtokens", "maxoutput", "maxlength", "lengthlimit", "tokenlimit", "maxcompletiontokens",
                "maxpredictedtokensreached", "errorlimit", "limit", "stoppedlimit", "maxnewtokens",
                "maxtokensreached", "maxtokensexceeded", "maxtokenlimit", "tokenlimitreached", "contextfull",
                "contextoverflow",
            ],
            .toolCalls: ["toolcalls", "toolcall", "functioncall", "functioncalls", "tooluse"],
            // OpenAI; Z.ai; Google; Bedrock; Cohere's "error" for toxic content
            .contentFilter: [
                "contentfilter", "contentfiltered", "sensitive", "safety", "recitation", "blocklist",
                "prohibitedcontent", "spii", "imagesafety", "imageprohibitedcontent", "imagerecitation",
                "guardrailintervened", "guardrail", "moderation", "contentpolicy", "contentpolicyviolation",
                "flagged", "blocked", "errortoxic",
            ],
            .refusal: ["refusal", "refused"],
        ]
        return words.reduce(into: [:]) { table, entry in
            for word in entry.value { table[word] = entry.key }
        }
    }()

    /// What is in the words of failure, the more telling first: of OpenRouter (`error`), DeepSeek
    /// (`insufficient_system_resource`), vLLM and SGLang (`abort`), Z.ai (`network_error`), Cohere (`USER_CANCEL`),
    /// Google (`MALFORMED_FUNCTION_CALL`), LM Studio (`modelUnloaded`), TensorRT (`timed_out`), and gateways.
    private static let failures: [(stem: String, kind: ErrorKind)] =
        ["insufficientsystemresource", "overload", "unavailable", "busy", "capacity"].map { ($0, .overloaded) }
        + ["ratelimit", "toomanyrequests", "throttl"].map { ($0, .rateLimit) }
        + [
            "error", "fail", "abort", "cancel", "timeout", "timedout", "deadline", "exception", "malformed",
            "interrupt", "disconnect", "unload", "preempt", "evict", "crash", "killed", "outofmemory", "unclosed",
            "userstop", "unexpectedtoolcall", "toomanytoolcalls", "missingthoughtsignature", "terminated", "expired",
            "rejected", "connection", "dropped", "broken",
        ].map { ($0, .server) }
}
