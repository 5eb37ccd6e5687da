/// What keeps a silent connection alive: an event that says nothing, sent over and over.
struct Heartbeat: Sendable {
    let interval: Duration
    let event: String

    /// The interval where neither it nor a pace is given.
    private static let defaultInterval = Duration.milliseconds(100)
    /// The comment line of OpenRouter.
    static let comment = ": OPENROUTER PROCESSING\n\n"

    /// Comments or pings as the behaviour asks for them; nil for neither.
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
