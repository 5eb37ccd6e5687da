/// One HTTP request to a provider, ready to send but for the key.
public struct ProviderRequest: Sendable, Hashable {
    /// What is asked for.
    public enum Call: Sendable, Hashable {
        /// A new answer: the body goes to the dialect's path.
        case create
        /// The rest of a stream that the server keeps.
        case replay(ReplayCursor)
        /// A kept response as it is now, whole, where its stream cannot be had.
        case poll(ReplayCursor)
        /// That the server ends and forgets a stream that nobody will ask for again.
        case abandon(ReplayCursor)
        /// What the server tells beside its answers, at this path of its own: the models it serves, how busy it is.
        case page(path: String)
    }

    /// What is asked for.
    public var call = Call.create
    /// The body, UTF-8 JSON; empty where none is sent.
    public var body: [UInt8]
    /// How many answers the stream will carry.
    public var choices: Int
    /// The dialect of body and answer; nil for the provider's own.
    public var dialect: Dialect?
    /// The model, as the provider calls it; part of some providers' paths.
    public var model: String
    /// Whether it goes on from partial text that it carries.
    public var isPrefilled = false
    /// The bytes of the kept text that its answer is joined onto: the bound of an answer is one of the whole.
    package var keptByteCount = 0
    /// What was asked for and is not sent, and why, for whoever reads of the attempt.
    public var notes: [String] = []
    /// Whether an answer that `[DONE]` ends without a finish reason is whole: the attempt before ended so too.
    package var acceptsMissingFinishReason = false
    /// How long its first content may take, where that is another time than the transport's: cheap tiers are slow.
    package var firstTokenTimeout: Duration?
    /// Where the new stream begins that the server is to keep; nil for one that ends with its connection.
    public var kept: ReplayCursor?

    /// A request with this body for a new answer.
    public init(body: [UInt8], choices: Int, dialect: Dialect? = nil, model: String = "") {
        self.body = body
        self.choices = choices
        self.dialect = dialect
        self.model = model
    }

    /// A request that refers to a stream that the server keeps.
    package init(_ call: Call) {
        self.call = call
        body = []
        choices = 1
        model = ""
    }

    /// The request's method.
    package var method: String {
        switch call {
        case .create: "POST"
        case .replay, .poll, .page: "GET"
        case .abandon(let cursor): cursor.form == .conversation ? "DELETE" : "POST"
        }
    }

    /// Whether no answer is asked for, but a page.
    package var isPage: Bool { if case .page = call { true } else { false } }

    /// Where the answer's stream stands before its first byte, if its server keeps it.
    package var cursor: ReplayCursor? {
        switch call {
        case .create: kept
        case .replay(let cursor): cursor
        case .poll, .abandon, .page: nil
        }
    }

    /// Header fields that this request needs beside the provider's.
    package var headers: [HeaderField] {
        guard case .create = call, let kept, kept.form == .conversation else { return [] }
        return [HeaderField("x-conversation-id", kept.id)]
    }
}
