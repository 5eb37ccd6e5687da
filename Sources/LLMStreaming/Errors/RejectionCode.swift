/// Which sort of wrong an answer is: the codes of errors of kind `invalid_answer`; those without a code just do not fit.
package enum RejectionCode: String, Sendable, CaseIterable {
    /// Its stream was closed as soon as nothing could mend it.
    case stoppedEarly = "stopped_early"
    /// It is cut at the most tokens.
    case length
    /// The model refused.
    case refusal
    /// It is empty, or nothing but white space.
    case blank
    /// The user's own program said no.
    case command
}
