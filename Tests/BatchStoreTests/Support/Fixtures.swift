import BatchEngine
import BatchStore
import LLMStreaming

/// The model of all jobs that are made here.
let testLane = ModelName(provider: "mock", model: "m")

/// A job whose hash follows from its request.
func newJob(
    _ id: String, line: Int = 1, source: String = "jobs.jsonl", request: String = "{\"messages\":[]}",
    metadata: String? = nil, provider: String = "mock", sample: Int? = nil
) -> NewJob {
    NewJob(
        customID: id, source: source, line: line, provider: provider, model: "m", requestSHA256: "sha of \(request)",
        request: Array(request.utf8), metadata: metadata.map { Array($0.utf8) }, sample: sample)
}

/// Jobs from `j1` on line 1 on.
func newJobs(_ count: Int, source: String = "jobs.jsonl") -> [NewJob] {
    (1...count).map { newJob("j\($0)", line: $0, source: source) }
}

/// A text as chunks of `size` characters.
func textChunks(_ text: String, size: Int = 4) -> [StreamedChunk] {
    var chunks: [StreamedChunk] = []
    var rest = text[...]
    while !rest.isEmpty {
        chunks.append(StreamedChunk(.text, String(rest.prefix(size))))
        rest = rest.dropFirst(size)
    }
    return chunks
}

/// The result of a stream that brought these chunks, whole or cut.
func result(_ chunks: [StreamedChunk], error: LLMError? = nil) -> StreamResult {
    var accumulator = StreamingAccumulator(dialect: .openAIChat)
    for chunk in chunks { accumulator.add(chunk) }
    var outcome = StreamResult.Outcome.failed(error ?? LLMError(.cut, "cut"))
    if error == nil, let completion = try? accumulator.completion(isComplete: true) { outcome = .completed(completion) }
    var result = StreamResult(outcome: outcome, accumulator: accumulator)
    result.chunkCount = chunks.count
    result.durationMicroseconds = 1000
    result.firstByteMicroseconds = 50
    result.firstChunkMicroseconds = accumulator.hasContent ? 100 : nil
    return result
}

/// The start of a job's next attempt.
func attemptStart(
    of job: Job, strategy: ResumeStrategy? = nil, prefixScalars: Int? = nil, at milliseconds: Int64 = 1_000,
    endpoint: String? = nil
) -> AttemptStart {
    AttemptStart(
        jobID: job.id, number: job.attemptCount + 1, requestSHA256: job.requestSHA256, strategy: strategy,
        resumedFrom: strategy == .prefill ? job.partial?.attemptID : nil, prefixScalars: prefixScalars,
        startedMilliseconds: milliseconds, endpoint: endpoint)
}

/// The end of an attempt that completed its job, in one piece or joined onto a partial answer.
func completedEnd(
    _ attemptID: Int64, of job: Job, _ chunks: [StreamedChunk], base: StoredPartial? = nil, prefixScalars: Int? = nil,
    endpoint: String? = nil
) throws -> AttemptEnd {
    let result = result(chunks)
    guard case .completed(var completion) = result.outcome else { throw LLMError(.cut, "nothing came") }
    let joined = AnswerJoiner.join(
        AnswerJoiner.Attempt(
            id: attemptID, strategy: base == nil ? nil : .prefill, prefixScalars: prefixScalars, own: result.partial,
            endpoint: endpoint),
        onto: base)
    for choice in joined.partial.answer.choices { completion.choices[choice.index].content = choice.text }
    let isTold = result.usage?.promptTokens != nil || result.usage?.completionTokens != nil
    let records = completion.choices.map { choice in
        CompletionRecord(
            choice: choice, responseID: result.responseID, model: result.model, usage: result.usage,
            usageSource: isTold ? .provider : .none,
            seams: joined.partial.seams.filter { $0.choice == choice.index })
    }
    return AttemptEnd(
        attemptID: attemptID, jobID: job.id, status: .completed, counts: true, result: result, error: nil,
        partial: nil, transition: .completed(records), endedMilliseconds: 2_000)
}

/// The end of an attempt that was cut; the job waits.
func cutEnd(
    _ attemptID: Int64, of job: Job, _ chunks: [StreamedChunk] = [], counts: Bool = true, until: Int64? = 5_000,
    base: StoredPartial? = nil, prefixScalars: Int? = nil, kind: ErrorKind = .cut, endpoint: String? = nil
) -> AttemptEnd {
    let error = LLMError(kind, "it broke", retryAfter: .seconds(7))
    let result = result(chunks, error: error)
    let joined = AnswerJoiner.join(
        AnswerJoiner.Attempt(
            id: attemptID, strategy: base == nil ? nil : .prefill, prefixScalars: prefixScalars, own: result.partial,
            endpoint: endpoint),
        onto: base)
    let partial = joined.partial.answer.isEmpty ? nil : joined.partial
    return AttemptEnd(
        attemptID: attemptID, jobID: job.id, status: chunks.isEmpty ? .failed : .interrupted, counts: counts,
        result: result, error: error, partial: partial,
        transition: .waiting(until: until, hasPartial: partial != nil || job.partial != nil),
        endedMilliseconds: 2_000)
}

/// The end of an attempt that failed its job.
func failedEnd(_ attemptID: Int64, of job: Job, kind: ErrorKind = .invalidRequest) -> AttemptEnd {
    let error = LLMError(kind, "no", httpStatus: 400, code: "bad", requestID: "req-1")
    return AttemptEnd(
        attemptID: attemptID, jobID: job.id, status: .failed, counts: true, result: result([], error: error),
        error: error, partial: nil, transition: .failed, endedMilliseconds: 2_000)
}
