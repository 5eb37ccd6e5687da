import NIOHTTP1

/// A response before its first byte is sent.
struct Response: Sendable {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: ResponseBody
    /// The byte of the body before which a fault ends it.
    var limit: (bytes: Int, ending: BodyEnding)?
    /// What is sent while the body waits, is silent or left open; nil sends nothing.
    var heartbeat: Heartbeat?
    var closesConnection = false
    var account = ResponseAccount()
}

/// What the server does with a request.
enum Reply: Sendable {
    case response(Response)
    /// The connection stays open without a response.
    case silence
    /// The connection is closed without a response.
    case drop
    /// The connection is reset without a response.
    case reset
}

/// An event without content that is sent over and over on a silent connection.
struct Heartbeat: Sendable {
    let interval: Duration
    let event: String

    /// The interval where the behaviour has neither one nor a pace.
    private static let defaultInterval = Duration.milliseconds(100)
    /// The comment line of OpenRouter.
    static let comment = ": OPENROUTER PROCESSING\n\n"

    /// Comments or pings, as the behaviour has them; nil for neither.
    init?(_ behavior: MockBehavior, dialect: Dialect) {
        switch (behavior.sendsPings, dialect) {
        case (true, .messages): event = "event: ping\ndata: {\"type\": \"ping\"}\n\n"
        case (true, _): event = ": ping\n\n"
        case (false, _):
            guard behavior.sendsComments else { return nil }
            event = Self.comment
        }
        interval = behavior.heartbeat ?? behavior.pace ?? Self.defaultInterval
    }
}
