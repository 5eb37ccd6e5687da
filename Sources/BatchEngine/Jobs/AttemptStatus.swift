/// The states of an attempt, as in the CHECK constraint of the table `attempts` (SPEC 6).
package enum AttemptStatus: String, Sendable, Hashable, CaseIterable {
    case running, completed, interrupted, failed, cancelled
}
