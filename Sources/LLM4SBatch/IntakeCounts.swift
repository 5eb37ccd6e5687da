import BatchEngine
package import BatchStore

/// What an intake found, for the line that a run begins with (Contract, "Commands").
package struct IntakeCounts: Sendable {
    package var new = 0
    /// Stored with another request: all of them, and those that the new request took the place of.
    package var changed = 0
    package var replaced = 0
    package var done = 0
    package var failed = 0
    package var partial = 0
    package var pending = 0
    package var gone = 0
    package var rejected = 0

    package init() {}

    package mutating func add(_ outcome: IngestOutcome) {
        switch outcome {
        case .new: new += 1
        case .replaced:
            changed += 1
            replaced += 1
        case .unchanged(let status): add(status)
        case .kept(let status):
            changed += 1
            add(status)
        case .conflict: break
        }
    }

    private mutating func add(_ status: JobStatus) {
        switch status {
        case .completed: done += 1
        case .failed, .cancelled: failed += 1
        case .interrupted: partial += 1
        case .pending, .running: pending += 1
        }
    }

    /// All jobs but those that are gone.
    private var total: Int { new + done + failed + partial + pending + replaced }

    /// The jobs that this run has to do.
    package var left: Int { new + partial + pending + replaced }

    /// Whether there is anything to tell.
    package var isAny: Bool { total + rejected + gone > 0 }

    /// What was found, in words.
    package var text: String {
        let parts = [
            (done, "done"), (failed, "failed"), (partial, "partial"), (pending, "pending"), (new, "new"),
            (changed, "changed"), (gone, "gone"), (rejected, "left out"),
        ].filter { $0.0 > 0 }.map { "\($0.0.grouped) \($0.1)" }
        return "\(total.counted("job")): \(parts.isEmpty ? "none" : parts.joined(separator: ", "))"
    }
}
