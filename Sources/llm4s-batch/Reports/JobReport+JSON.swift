import BatchEngine
import BatchStore
import LLMStreaming

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
