/// What the user allows to be done with partial output (`--resume`, the job's field `resume`).
package enum ResumePolicy: String, Sendable, Hashable, CaseIterable {
    /// The best way that is certain to be exact.
    case auto
    /// The partial text goes along, where the provider can continue it.
    case prefill
    /// Every answer starts anew.
    case restart
}
