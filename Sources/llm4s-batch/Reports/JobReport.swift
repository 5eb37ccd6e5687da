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
    /// Unix milliseconds.
    var now: Int64
    /// Characters of a line; nil where no terminal is written to.
    var width: Int?

    var text: String {
        var lines = head
        if attempts.isEmpty { lines.append("  no attempt yet") }
        lines += AttemptTimeline(attempts: attempts, chunks: chunks, endpoints: endpoints, width: width).lines
        for completion in completions { lines += self.lines(completion) }
        if completions.isEmpty { lines += partialAnswer }
        return lines.joined(separator: "\n")
    }

    private var head: [String] {
        var lines = ["job \(job.customID) · \(job.status.rawValue) · \(job.provider)/\(job.model)"]
        lines += field("from", "\(job.source)\(job.line.map { ":\($0)" } ?? ", which no longer has it")")
        if let metadata = job.metadata { lines += field("metadata", String(decoding: metadata, as: UTF8.self)) }
        lines += field("request", String(decoding: request, as: UTF8.self))
        if let error = job.error, job.status != .completed {
            lines += field("error", "\(job.errorKind ?? "error"): \(error)")
            if job.status == .failed, let kind = job.errorKind.flatMap(ErrorKind.init) {
                lines += field("", kind.advice(for: error))
            }
        }
        if let until = job.notBeforeMilliseconds {
            let left = Double(max(0, until - now)) / 1000
            lines += field(
                "waits", "until \(FigureText.time(until))\(left > 0 ? ", \(FigureText.duration(left)) more" : "")")
        }
        return lines
    }

    private func field(_ name: String, _ text: String) -> [String] {
        TerminalText.wrapped(text, first: "  \(name.padded(to: 10))", indentation: 12, width: width)
    }

    // MARK: - Answers

    private func lines(_ completion: StoredCompletion) -> [String] {
        var head = "answer\(completions.count > 1 ? " \(completion.choice)" : "") · \(completion.finishReason.rawValue)"
        if let check = completion.check { head += " · check: \(check.rawValue)" }
        if let tokens = completion.completionTokens {
            head += " · \(tokens) tokens (\(completion.usageSource.rawValue))"
        }
        if let cost = completion.costUSD, completion.choice == 0 { head += " · \(FigureText.cost(cost))" }
        if completion.segments > 1 { head += " · joined from \(completion.segments) pieces" }
        var lines = ["", head]
        if let other = completion.copiedFrom { lines += field("copy of", other) }
        if let report = completion.checkReport { lines += field("check", String(decoding: report, as: UTF8.self)) }
        if completion.segments > 1 {
            lines += zip(completion.seams, crossings(completion.seams)).flatMap { seam, crossing in
                let place = seam.start > 0 ? " from its character \(seam.start + 1) on" : ""
                let piece =
                    "\(seam.kept) characters of attempt \(number(seam.attemptID))\(place)"
                    + (seam.restored.isEmpty ? "" : ", white space put back") + (crossing.map { ", \($0)" } ?? "")
                return TerminalText.wrapped(piece, first: "  ", indentation: 4, width: width)
            }
        }
        if let reasoning = completion.reasoning { lines += ["", "thinking:", reasoning] }
        if let refusal = completion.refusal { lines += ["", "refusal:", refusal] }
        if let calls = completion.toolCalls { lines += ["", "tool calls: " + String(decoding: calls, as: UTF8.self)] }
        return lines + ["", marked(completion.content, completion.seams)]
    }

    private var partialAnswer: [String] {
        guard let attempt = attempts.last(where: { $0.partial != nil }), let partial = attempt.partial else {
            return []
        }
        let title = attempt.isRejected ? "answer that was not taken" : "partial answer"
        return partial.answer.choices.flatMap { choice in
            [
                "", "\(title)\(choice.index > 0 ? " \(choice.index)" : ""):",
                marked(choice.text, partial.seams.filter { $0.choice == choice.index }),
            ]
        }
    }

    /// The text with a mark where another attempt's begins.
    private func marked(_ text: String, _ seams: [Seam]) -> String {
        guard seams.count > 1 else { return text }
        var marked = ""
        var start = text.unicodeScalars.startIndex
        let crossings = crossings(seams)
        for (index, seam) in seams.enumerated() {
            if index > 0 {
                marked += "⟦attempt \(number(seam.attemptID))\(crossings[index].map { " \($0)" } ?? "")⟧"
            }
            let length = seam.kept + seam.restored.unicodeScalars.count
            let scalars = text.unicodeScalars
            let end = scalars.index(start, offsetBy: length, limitedBy: scalars.endIndex) ?? scalars.endIndex
            marked += text[start..<end]
            start = end
        }
        return marked + text[start...]
    }

    /// For each piece, from which endpoint to which the answer went before it; nil where it stayed, or that is not known.
    private func crossings(_ seams: [Seam]) -> [String?] {
        let wrote = seams.map { seam in seam.endpoint ?? attempts.first { $0.id == seam.attemptID }?.endpoint }
        return wrote.indices.map { index in
            guard index > 0, let from = wrote[index - 1], let to = wrote[index], from != to else { return nil }
            return "from \(endpoints[from]) to \(endpoints[to])"
        }
    }

    private var endpoints: EndpointNames {
        EndpointNames(attempts.compactMap(\.endpoint) + completions.flatMap(\.seams).compactMap(\.endpoint))
    }

    private func number(_ attempt: Int64) -> Int { attempts.first { $0.id == attempt }?.number ?? 0 }
}

extension JobReport {
    /// The report as one object, for other programs.
    var json: JSON {
        var object = JSONObject()
        object["id"] = .string(job.customID)
        object["status"] = .string(job.status.rawValue)
        object["source"] = .string(job.source)
        object["line"] = job.line.map(JSON.int) ?? .null
        object["provider"] = .string(job.provider)
        object["model"] = .string(job.model)
        object["metadata"] = job.metadata.flatMap(JSON.parsed)
        object["request"] = JSON.parsed(request) ?? .null
        if let kind = job.errorKind {
            object["error"] = ["kind": .string(kind), "message": .string(job.error ?? "")]
        }
        object["attempts"] = .array(attempts.map(json))
        object["answers"] = .array(completions.map(Self.json))
        return .object(object)
    }

    private func json(_ attempt: AttemptRecord) -> JSON {
        var object = JSONObject()
        func add(_ name: String, _ value: JSON?) { if let value { object[name] = value } }
        add("attempt_id", .int(Int(attempt.id)))
        add("number", .int(attempt.number))
        add("status", .string(attempt.status.rawValue))
        add("counts", .bool(attempt.counts))
        add("endpoint", attempt.endpoint.map(JSON.string))
        add("strategy", (attempt.strategy?.rawValue).map(JSON.string))
        add("resumed_from", attempt.resumedFrom.map { .int(Int($0)) })
        add("prefix_chars", attempt.prefixScalars.map(JSON.int))
        if !attempt.notes.isEmpty { add("notes", .array(attempt.notes.map(JSON.string))) }
        add("started_ms", .int(Int(attempt.startedMilliseconds)))
        add("first_byte_us", attempt.firstByteMicroseconds.map { .int(Int($0)) })
        add("first_chunk_us", attempt.firstChunkMicroseconds.map { .int(Int($0)) })
        add("duration_us", attempt.durationMicroseconds.map { .int(Int($0)) })
        add("chunk_count", attempt.chunkCount.map(JSON.int))
        add("http_status", attempt.httpStatus.map(JSON.int))
        add("error_kind", attempt.errorKind.map(JSON.string))
        add("error", attempt.error.map(JSON.string))
        add("retry_after_ms", attempt.retryAfterMilliseconds.map { .int(Int($0)) })
        add("request_id", attempt.requestID.map(JSON.string))
        add("response_id", attempt.responseID.map(JSON.string))
        add("partial", attempt.partial?.json)
        if case .some(.some(let chunks)) = chunks[attempt.id] {
            add(
                "chunks",
                .array(
                    chunks.map { chunk in
                        [
                            "at_us": .int(Int(chunk.atMicroseconds)), "kind": .string(chunk.kind),
                            "choice": .int(chunk.choice), "item": .int(chunk.item), "text": .string(chunk.text),
                        ]
                    }))
        }
        return .object(object)
    }

    private static func json(_ completion: StoredCompletion) -> JSON {
        var object = ResultLine.answer(completion)
        object["choice"] = .int(completion.choice)
        object["copied_from"] = completion.copiedFrom.map(JSON.string)
        object["segments"] = .int(completion.segments)
        object["seams"] = .array(completion.seams.map(\.json))
        object["message"] = JSON.parsed(completion.message) ?? .null
        return .object(object)
    }
}

extension JSON {
    /// What bytes of the database hold; nil where they are no JSON.
    static func parsed(_ bytes: [UInt8]) -> JSON? { try? JSONParser.parse(bytes) }
}
