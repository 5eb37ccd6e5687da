/// The states of a run, as in the CHECK constraint of the table `runs` (SPEC 6).
package enum RunStatus: String, Sendable, CaseIterable {
    case running, finished, interrupted
}
