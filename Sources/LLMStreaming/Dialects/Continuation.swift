/// How a request has its model go on from partial text (SPEC 8).
public enum Continuation: Sendable, Hashable {
    /// The text is the last assistant message, which the provider continues in its own form.
    case prefill(String)
    /// The text is an assistant message, and a user message asks to go on.
    case ask(after: String)
    /// The message of a turn that the provider paused, sent back as it is: the provider goes on with it.
    case turn(JSON)

    /// The words that ask a model to go on; the last ones that it said show it where.
    static func question(after text: String) -> String {
        let end = String(text.suffix(40)).trimmingPrefix { !$0.isWhitespace }.trimmingPrefix { $0.isWhitespace }
        return """
            Your previous response was interrupted and ended with "\(end.isEmpty ? text.suffix(40) : end)". \
            Continue from exactly where it left off. Do not repeat any of it and add no introduction.
            """
    }
}
