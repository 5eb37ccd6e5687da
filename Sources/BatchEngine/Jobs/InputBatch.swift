/// What one step of reading an input gives.
package struct InputBatch: Sendable {
    package internal(set) var jobs: [NewJob] = []
    /// Lines with faults; only with `--skip-invalid`.
    package internal(set) var rejectedLines: [RejectedLine] = []

    /// How many lines it holds.
    package var count: Int { jobs.count + rejectedLines.count }
}
