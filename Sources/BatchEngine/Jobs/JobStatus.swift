/// The states of a job; the same words stand in the CHECK constraint of the table `jobs` (SPEC 6).
///
/// ```
/// pending ──► running ──► completed
///    ▲           │ ├────► failed ──(retry)──► pending / interrupted
///    └───────────┤ └────► cancelled
/// interrupted ◄──┘ (partial text is kept)   interrupted ──► running
/// ```
package enum JobStatus: String, Sendable, Hashable, CaseIterable {
    case pending, running, interrupted, completed, failed, cancelled
}
