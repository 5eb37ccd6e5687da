import LLMStreaming

/// Sends one attempt of a job: request, stream, verdict; its chunks go to the store as they come.
final class AttemptSender: Sendable {
    private let store: any JobStore
    private let source: any CompletionSource
    private let configuration: RunConfiguration
    private let unixMilliseconds: @Sendable () -> Int64
    /// The chunks received in the run.
    let chunks = Counter()

    init(
        store: any JobStore, source: any CompletionSource, configuration: RunConfiguration,
        unixMilliseconds: @escaping @Sendable () -> Int64
    ) {
        self.store = store
        self.source = source
        self.configuration = configuration
        self.unixMilliseconds = unixMilliseconds
    }

    /// Sends a job's next attempt, whose start is queued and whose end is to be stored by the caller.
    ///
    /// - Parameters:
    ///   - job: its request is given up once it is encoded.
    ///   - isRefused: whether the provider refused to go on from partial text for this model in this run.
    ///   - repeats: how many attempts just before this one were repeated at once.
    ///   - random: for the jitter, and for the name of a stream that its server is to keep.
    ///   - answered: called once the first chunk of an answer is there, on any thread.
    ///   - judge: called with the attempt's result; tells what of it bears on the job.
    func send(
        _ job: inout Job, to endpoint: Endpoint, isRefused: Bool, repeats: Int, random: UInt64,
        answered: (@Sendable () -> Void)?, judge: (Job, StreamResult) -> RetryCircumstances
    ) async -> AttemptVerdict {
        let plan: ResumePlan
        let request: ProviderRequest
        do {
            let prepared = try PreparedAttempt(
                job, provider: endpoint.provider, policy: configuration.resume, isRefused: isRefused,
                streamID: streamID(job, random))
            (plan, request) = (prepared.plan, prepared.request)
        } catch {
            let attemptID = store.startAttempt(start(of: job, nil))
            return AttemptVerdict(job: job, attemptID: attemptID, unsendable: error, now: unixMilliseconds())
        }
        job.request = []
        if plan.strategy != .replay, let cursor = job.partial?.cursor { await abandon(cursor, at: endpoint) }
        let attemptID = store.startAttempt(start(of: job, plan, notes: request.notes))
        let receiver = AttemptReceiver(
            store: store, attemptID: attemptID, chunks: chunks, answered: answered)
        let kept = request.kept
        let result = await source.stream(consume request, to: endpoint, receiver: receiver)
        var verdict = AttemptVerdict(
            job: job, plan: plan, attemptID: attemptID, result: result, policy: configuration.retry, kept: kept,
            isEcho: endpoint.provider.echoesPrefix, repeats: repeats, circumstances: judge(job, result),
            fraction: Double(random >> 11) / 0x1p53, now: unixMilliseconds())
        verdict.end.tail = receiver.tail
        if let cursor = verdict.abandoned { await abandon(cursor, at: endpoint) }
        return verdict
    }

    /// Tells a server that nobody will ask for a stream again; what it answers changes nothing.
    private func abandon(_ cursor: ReplayCursor, at endpoint: Endpoint) async {
        _ = await source.stream(ProviderRequest(.abandon(cursor)), to: endpoint, receiver: DeafReceiver())
    }

    /// A name that no other stream of the server has.
    private func streamID(_ job: Job, _ random: UInt64) -> String {
        "llm4s-\(String(unixMilliseconds(), radix: 36))-\(String(random, radix: 36))-\(job.id)-\(job.attemptCount + 1)"
    }

    private func start(of job: Job, _ plan: ResumePlan?, notes: [String] = []) -> AttemptStart {
        AttemptStart(
            jobID: job.id, number: job.attemptCount + 1, requestSHA256: job.requestSHA256, strategy: plan?.strategy,
            reason: plan?.strategy == nil ? nil : plan?.reason, notes: notes,
            resumedFrom: plan?.goesOn == true ? job.partial?.attemptID : nil, prefixScalars: plan?.prefixScalars,
            startedMilliseconds: unixMilliseconds())
    }
}

/// Takes nothing.
private struct DeafReceiver: ChunkReceiver {
    func receive(_ chunks: [StreamedChunk], atMicroseconds microseconds: Int64) -> Bool { true }
    func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void) { resume() }
}
