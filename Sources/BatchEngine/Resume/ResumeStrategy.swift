/// How an attempt relates to what earlier ones left (SPEC 8; the column `attempts.resume_strategy`).
package enum ResumeStrategy: String, Sendable, Hashable, CaseIterable {
    /// The provider sends the rest of the same stream.
    case replay
    /// The partial text goes along as the last assistant message, and the provider continues it.
    case prefill
    /// The user asks the model to go on.
    case `continue`
    /// The answer starts anew; what came before stays in its attempt.
    case restart
    /// The provider paused its turn and asks for another request.
    case turn
}
