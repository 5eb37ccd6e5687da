import BatchEngine
import BatchStore
import LLMStreaming

/// What `/api/seconds` gives.
struct SecondsReport {
    /// Nil before the first run.
    var page: SecondPage?
    /// What the run was told.
    var changes: [ToldChange] = []
    /// The seconds of a row.
    var step: Int
    /// Unix milliseconds.
    var now: Int64

    var json: JSON {
        [
            "run_id": page.map { .int(Int($0.run.id)) } ?? .null,
            "started_ms": page.map { .int(Int($0.run.startedMilliseconds)) } ?? .null, "now_ms": .int(Int(now)),
            "step": .int(step), "seconds": .array(page?.seconds.map(Self.json) ?? []),
            "changes": .array(
                changes.map { change in
                    [
                        "at_ms": .int(Int(change.atMilliseconds)), "command": .string(change.command),
                        "value": change.value.map(JSON.string) ?? .null,
                    ]
                }),
        ]
    }

    private static func json(_ second: SecondPage.Second) -> JSON {
        let row = second.row
        var object = JSONObject()
        object["second"] = .int(Int(row.second))
        for (name, value) in [
            ("chunks", row.chunks), ("output_tokens", row.outputTokens), ("completed", row.completed),
            ("failed", row.failed), ("running", row.running), ("waiting", row.waiting),
        ] {
            object[name] = .int(value)
        }
        object["waits"] = row.waits.flatMap { JSON.parsed(Array($0.utf8)) } ?? []
        object["first_token_us"] = second.ends.map(firstToken) ?? .null
        object["errors"] =
            second.ends.map { ends in
                .object(
                    JSONObject(ends.errors.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .int($0.value)) })
                )
            } ?? .null
        return .object(object)
    }

    private static func firstToken(_ ends: AttemptEnds) -> JSON {
        var object = JSONObject()
        object["count"] = .int(ends.firstTokens.count)
        for percent in [50, 90, 99] {
            object["p\(percent)"] = ends.firstToken(Percentile(percent)).map { .int(Int($0)) }
        }
        return .object(object)
    }
}

extension JobPage {
    var json: JSON {
        [
            "jobs": .array(jobs.map(\.json)), "next": next.map { .string($0.text) } ?? .null,
            "looked_at": .int(lookedAt),
        ]
    }
}

extension JobSummary {
    var json: JSON {
        func int(_ value: Int?) -> JSON { value.map(JSON.int) ?? .null }
        func long(_ value: Int64?) -> JSON { value.map { .int(Int($0)) } ?? .null }
        func text(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }
        return [
            "id": .string(customID), "status": .string(status.rawValue), "provider": .string(provider),
            "model": .string(model), "source": .string(source), "line": int(line), "attempts": .int(attempts),
            "error_kind": text(errorKind), "error": text(error), "not_before_ms": long(notBeforeMilliseconds),
            "created_ms": long(createdMilliseconds), "updated_ms": long(updatedMilliseconds),
            "finish_reason": text(finishReason), "prompt_tokens": int(promptTokens),
            "completion_tokens": int(completionTokens), "ttft_us": long(firstTokenMicroseconds),
            "duration_us": long(durationMicroseconds), "cost_usd": costUSD.map(JSON.double) ?? .null,
            "segments": int(segments),
        ]
    }
}

extension JobReport {
    /// The object of `show --json`, and what the page needs besides.
    var watched: JSON {
        var object = json.object ?? JSONObject()
        if let answer = completions.first {
            object["usage"] = ResultLine.usage(answer)
            object["cost_usd"] = answer.costUSD.map(JSON.double) ?? .null
            object["billed_prompt_tokens"] = answer.billedPromptTokens.map(JSON.int) ?? .null
            object["billed_completion_tokens"] = answer.billedCompletionTokens.map(JSON.int) ?? .null
        }
        let attempts = object["attempts"]?.array ?? []
        object["attempts"] = .array(zip(attempts, self.attempts).map { Self.completed($0, $1) })
        let kind = job.status == .failed ? job.errorKind.flatMap(ErrorKind.init) : nil
        object["advice"] = kind.map { .string($0.advice(for: job.error)) } ?? .null
        object["not_before_ms"] = job.notBeforeMilliseconds.map { .int(Int($0)) } ?? .null
        object["now_ms"] = .int(Int(now))
        object["created_ms"] = .int(Int(job.createdMilliseconds))
        object["updated_ms"] = .int(Int(job.updatedMilliseconds))
        return .object(object)
    }

    private static func completed(_ json: JSON, _ attempt: AttemptRecord) -> JSON {
        var object = json.object ?? JSONObject()
        object["run_id"] = .int(Int(attempt.runID))
        object["resume_reason"] = attempt.resumeReason.map(JSON.string)
        object["overlap_chars"] = attempt.overlapScalars.map(JSON.int)
        object["error_code"] = attempt.errorCode.map(JSON.string)
        object["prompt_tokens"] = attempt.promptTokens.map(JSON.int)
        object["completion_tokens"] = attempt.completionTokens.map(JSON.int)
        object["usage_source"] = (attempt.usageSource?.rawValue).map(JSON.string)
        return .object(object)
    }
}
