import BatchEngine
import BatchStore
import LLMStreaming

/// A job's attempts in the order of time: when each began, how long nothing was done before it, what became of it.
struct AttemptTimeline {
    var attempts: [AttemptRecord]
    /// As in `JobReport`.
    var chunks: [Int64: [StoredChunk]?]
    /// What the endpoints of the job's attempts are called.
    var endpoints: EndpointNames
    var width: Int?

    var lines: [String] {
        attempts.indices.flatMap { index -> [String] in
            let before = index > 0 ? attempts[index - 1] : nil
            return [""] + lines(attempts[index], after: before)
        }
    }

    private func lines(_ attempt: AttemptRecord, after before: AttemptRecord?) -> [String] {
        var head = "attempt \(attempt.number) · \(attempt.status.rawValue)"
        if let status = attempt.httpStatus { head += " · HTTP \(status)" }
        if !attempt.counts, attempt.status != .running { head += " · does not count" }
        if let endpoint = attempt.endpoint { head += " · \(endpoints[endpoint])" }
        var lines = TerminalText.wrapped(head, first: "", indentation: 4, width: width)
        lines += sentence(beginning(attempt, after: before))
        if let strategy = attempt.strategy {
            lines += sentence(self.sentence(strategy, attempt))
        } else if let reason = attempt.resumeReason {
            lines += sentence("sent nothing: \(reason)")
        }
        for note in attempt.notes { lines += sentence(note) }
        if let times = times(attempt) { lines += sentence(times) }
        if let error = attempt.error { lines += sentence("\(attempt.errorKind ?? "error"): \(error)") }
        if let wait = attempt.retryAfterMilliseconds {
            lines += sentence("the provider asks to wait \(Self.time(wait * 1000))")
        }
        if let id = attempt.requestID { lines += sentence("request id \(id)") }
        switch chunks[attempt.id] {
        case .some(.some(let chunks)): lines += chunks.map(Self.line)
        case .some(.none): lines.append("  its chunks were deleted (--chunks partial, or compact)")
        case .none: break
        }
        return lines
    }

    private func sentence(_ text: String) -> [String] {
        TerminalText.wrapped(text, first: "  ", indentation: 4, width: width)
    }

    private func beginning(_ attempt: AttemptRecord, after before: AttemptRecord?) -> String {
        guard let before else { return "began \(FigureText.time(attempt.startedMilliseconds))" }
        let first = attempts[0].startedMilliseconds
        let end = before.startedMilliseconds + (before.durationMicroseconds ?? 0) / 1000
        return "began \(Self.time((attempt.startedMilliseconds - first) * 1000)) after the first, "
            + "\(Self.time(max(0, attempt.startedMilliseconds - end) * 1000)) after the end of the one before"
            + (attempt.runID == before.runID ? "" : ", in run \(attempt.runID)")
    }

    private func times(_ attempt: AttemptRecord) -> String? {
        var times: [String] = []
        if let time = attempt.firstByteMicroseconds { times.append("first byte \(Self.time(time))") }
        if let time = attempt.firstChunkMicroseconds { times.append("first content \(Self.time(time))") }
        if let time = attempt.durationMicroseconds { times.append("end \(Self.time(time))") }
        if let count = attempt.chunkCount, count > 0 { times.append(count.counted("chunk")) }
        return times.isEmpty ? nil : times.joined(separator: ", ")
    }

    private func sentence(_ strategy: ResumeStrategy, _ attempt: AttemptRecord) -> String {
        let base = attempt.resumedFrom.flatMap { id in attempts.first { $0.id == id }?.number }
        var words = strategy.rawValue
        if let base { words += ": goes on from attempt \(base)" }
        if let prefix = attempt.prefixScalars, prefix > 0 { words += " with \(prefix) characters" }
        if let overlap = attempt.overlapScalars { words += ", of which it repeated \(overlap)" }
        return words + (attempt.resumeReason.map { (base == nil ? ": " : "; ") + $0 } ?? "")
    }

    private static func line(_ chunk: StoredChunk) -> String {
        let place = chunk.choice > 0 || chunk.item > 0 ? " \(chunk.choice)/\(chunk.item)" : ""
        return "  \(time(chunk.atMicroseconds).padded(to: 10)) \(chunk.kind)\(place) \(JSON.string(chunk.text).text)"
    }

    /// Microseconds as people read them.
    private static func time(_ microseconds: Int64) -> String {
        if microseconds < 1_000_000 { return "\((Double(microseconds) / 1000).rounded(to: 1)) ms" }
        if microseconds < 60_000_000 { return "\((Double(microseconds) / 1e6).rounded(to: 2)) s" }
        return FigureText.duration(Double(microseconds) / 1e6)
    }
}
