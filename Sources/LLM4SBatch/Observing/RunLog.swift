import BatchEngine
import LLMStreaming
import Logging

/// Tells a program's logger what happens in a run.
///
/// No text of a conversation is told: that stands in the database.
struct RunLog: Sendable {
    private let logger: Logger

    init(_ logger: Logger) { self.logger = logger }

    /// Tells that a run begins.
    func began(_ beginning: SessionBeginning) {
        logger.info("a run begins", metadata: ["run": "\(beginning.runID)", "jobs": "\(beginning.jobs)"])
    }

    /// Tells how a run ended.
    func ended(_ report: BatchReport) {
        var metadata: Logger.Metadata = [
            "completed": "\(report.completed)", "failed": "\(report.failed)", "left": "\(report.left)",
            "attempts": "\(report.attempts)",
        ]
        if let reason = report.reason { metadata["reason"] = "\(reason)" }
        logger.info("a run has ended", metadata: metadata)
    }

    /// Tells what the database has to say.
    func warned(_ text: String) { logger.warning("\(text)") }

    /// Tells of one event: of answers at level `trace`, of attempts that are repeated at `debug`, of jobs that failed and of
    /// waits at `info`, and as a warning that a provider gets no more requests.
    func tell(_ event: RunEvent) {
        switch event {
        case .attemptEnded(let report): tell(report)
        case .cancelled(_, let id): logger.info("a job was cancelled", metadata: ["id": "\(id)"])
        case .waiting(let wait): tell(wait)
        case .limitChanged(let name, let resource, let perMinute):
            logger.debug(
                "a provider's headers told a rate",
                metadata: ["name": "\(name)", "of": "\(resource.rawValue)", "per_minute": "\(perMinute)"])
        case .stopped(let name, let reason):
            logger.warning("no more requests are sent", metadata: ["name": "\(name)", "reason": "\(reason)"])
        }
    }

    private func tell(_ report: RunEvent.AttemptReport) {
        switch report.end.transition {
        case .completed: logger.trace("a job was completed", metadata: Self.metadata(report))
        case .waiting: logger.debug("an attempt ended, and its job waits", metadata: Self.metadata(report))
        case .failed: logger.info("a job has failed", metadata: Self.metadata(report))
        case .cancelled: logger.info("a job was cancelled", metadata: Self.metadata(report))
        }
    }

    private func tell(_ wait: RunWait) {
        var metadata: Logger.Metadata = ["name": "\(wait.name)", "reason": "\(wait.reason.text)"]
        if let until = wait.untilMilliseconds { metadata["until_ms"] = "\(until)" }
        if let limit = wait.limit { metadata["streams"] = "\(limit.streams)" }
        logger.info("jobs wait", metadata: metadata)
    }

    /// Asked for only at a level that is logged.
    private static func metadata(_ report: RunEvent.AttemptReport) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "id": "\(report.customID)", "provider": "\(report.model.provider)", "model": "\(report.model.model)",
            "attempt": "\(report.number)", "duration_ms": "\(report.end.result.durationMicroseconds / 1000)",
        ]
        if let endpoint = report.endpoint { metadata["endpoint"] = "\(endpoint)" }
        if let error = report.end.error {
            metadata["error_kind"] = "\(error.kind.rawValue)"
            metadata["error"] = "\(error.message)"
        }
        return metadata
    }
}
