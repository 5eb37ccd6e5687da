import BatchEngine
import BatchStore
import LLMStreaming

/// What `show` prints of a job.
struct JobReport {
    var job: JobRecord
    var request: [UInt8]
    var attempts: [AttemptRecord]
    var completions: [StoredCompletion]
    /// The chunks by attempt, nil where they were deleted; empty where they were not asked for.
    var chunks: [Int64: [StoredChunk]?] = [:]

    var text: String {
        var lines = ["job \(job.customID) · \(job.status.rawValue) · \(job.provider)/\(job.model)"]
        lines.append("  from      \(job.source)\(job.line.map { ":\($0)" } ?? ", which no longer has it")")
        if let metadata = job.metadata { lines.append("  metadata  \(String(decoding: metadata, as: UTF8.self))") }
        lines.append("  request   \(String(decoding: request, as: UTF8.self))")
        if let error = job.error, job.status != .completed {
            lines.append("  error     \(job.errorKind ?? "error"): \(error)")
        }
        if attempts.isEmpty { lines.append("  no attempt yet") }
        for attempt in attempts {
            lines.append("")
            lines += self.lines(attempt)
        }
        for completion in completions { lines += self.lines(completion) }
        if completions.isEmpty, let partial = attempts.last(where: { $0.partial != nil })?.partial {
            for choice in partial.answer.choices {
                lines += ["", "partial answer\(choice.index > 0 ? " \(choice.index)" : ""):", choice.text]
            }
        }
        return lines.joined(separator: "\n")
    }

    private func lines(_ attempt: AttemptRecord) -> [String] {
        var head = "attempt \(attempt.number) · \(attempt.status.rawValue)"
        if let status = attempt.httpStatus { head += " · HTTP \(status)" }
        if !attempt.counts, attempt.status != .running { head += " · does not count" }
        var lines = [head]
        if let strategy = attempt.strategy { lines.append("  \(sentence(strategy, attempt))") }
        lines += attempt.notes.map { "  \($0)" }
        var times: [String] = []
        if let time = attempt.firstByteMicroseconds { times.append("first byte \(Self.time(time))") }
        if let time = attempt.firstChunkMicroseconds { times.append("first content \(Self.time(time))") }
        if let time = attempt.durationMicroseconds { times.append("end \(Self.time(time))") }
        if let count = attempt.chunkCount { times.append("\(count) chunks") }
        if !times.isEmpty { lines.append("  " + times.joined(separator: ", ")) }
        if let error = attempt.error { lines.append("  \(attempt.errorKind ?? "error"): \(error)") }
        if let wait = attempt.retryAfterMilliseconds {
            lines.append("  the provider asks to wait \(Self.time(wait * 1000))")
        }
        if let id = attempt.requestID { lines.append("  request id \(id)") }
        switch chunks[attempt.id] {
        case .some(.some(let chunks)): lines += chunks.map(Self.line)
        case .some(.none): lines.append("  its chunks were deleted (--chunks partial)")
        case .none: break
        }
        return lines
    }

    private func sentence(_ strategy: ResumeStrategy, _ attempt: AttemptRecord) -> String {
        let base = attempt.resumedFrom.flatMap { id in attempts.first { $0.id == id }?.number }
        var words = strategy.rawValue
        if let base { words += ": goes on from attempt \(base)" }
        if let prefix = attempt.prefixScalars, prefix > 0 { words += " with \(prefix) characters" }
        if let overlap = attempt.overlapScalars { words += ", of which it repeated \(overlap)" }
        return words + (attempt.resumeReason.map { (base == nil ? ": " : "; ") + $0 } ?? "")
    }

    private func lines(_ completion: StoredCompletion) -> [String] {
        var head = "answer\(completions.count > 1 ? " \(completion.choice)" : "") · \(completion.finishReason.rawValue)"
        if let tokens = completion.completionTokens {
            head += " · \(tokens) tokens (\(completion.usageSource.rawValue))"
        }
        if completion.segments > 1 { head += " · joined from \(completion.segments) pieces" }
        var lines = ["", head]
        if completion.segments > 1 {
            lines += completion.seams.map { seam in
                let number = attempts.first { $0.id == seam.attemptID }?.number ?? 0
                let place = seam.start > 0 ? " from its character \(seam.start + 1) on" : ""
                return "  \(seam.kept) characters of attempt \(number)\(place)"
                    + (seam.restored.isEmpty ? "" : ", white space put back")
            }
        }
        if let reasoning = completion.reasoning { lines += ["", "thinking:", reasoning] }
        if let refusal = completion.refusal { lines += ["", "refusal:", refusal] }
        if let calls = completion.toolCalls { lines += ["", "tool calls: " + String(decoding: calls, as: UTF8.self)] }
        return lines + ["", completion.content]
    }

    private static func line(_ chunk: StoredChunk) -> String {
        let place = chunk.choice > 0 || chunk.item > 0 ? " \(chunk.choice)/\(chunk.item)" : ""
        return "  \(time(chunk.atMicroseconds).padded(to: 10)) \(chunk.kind)\(place) \(JSON.string(chunk.text).text)"
    }

    /// Microseconds as people read them.
    private static func time(_ microseconds: Int64) -> String {
        microseconds < 1_000_000
            ? "\((Double(microseconds) / 1000).rounded(to: 1)) ms" : "\((Double(microseconds) / 1e6).rounded(to: 2)) s"
    }
}
