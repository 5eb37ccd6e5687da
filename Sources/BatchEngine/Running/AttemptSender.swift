import LLMStreaming

/// Sends one attempt of a job: request, stream, verdict; its chunks go to the store as they come.
final class AttemptSender: Sendable {
    private let store: any JobStore
    private let source: any CompletionSource
    private let configuration: RunConfiguration
    private let unixMilliseconds: @Sendable () -> Int64
    /// The chunks received in the run.
    let chunks = Counter()
    /// The bytes of what models wrote in it.
    let bytes = Counter()

    init(
        store: any JobStore, source: any CompletionSource, configuration: RunConfiguration,
        unixMilliseconds: @escaping @Sendable () -> Int64
    ) {
        self.store = store
        self.source = source
        self.configuration = configuration
        self.unixMilliseconds = unixMilliseconds
    }

    /// Sends a job's next attempt, whose start is queued: its result is then there, or the verdict on one that cannot be
    /// sent.
    @inline(never)
    func send(_ sent: SentJob) async {
        guard prepare(sent) else { return }
        if let cursor = sent.superseded { await abandon(cursor, of: sent) }
        start(sent)
        sent.streamEnd = await sent.attempt?.end()
        sent.attempt = nil
    }

    /// Decides what is sent; false where nothing can be.
    ///
    /// Not inlined, like all that an asynchronous caller calls here: its values would stay in that frame.
    @inline(never)
    private func prepare(_ sent: SentJob) -> Bool {
        do {
            let prepared = try PreparedAttempt(
                sent.job, provider: sent.endpoint.provider, policy: configuration.resume, isRefused: sent.isRefused,
                streamID: streamID(sent.job, sent.random), serviceTier: configuration.serviceTier)
            var request = prepared.request
            if prepared.askedTier?.lowercased() == "flex" { request.firstTokenTimeout = configuration.flexFirstToken }
            (sent.plan, sent.request, sent.kept) = (prepared.plan, Reference(request), request.kept)
            sent.askedTier = prepared.askedTier
            sent.job.request = []
            return true
        } catch {
            sent.attemptID = store.startAttempt(start(of: sent.job, nil))
            sent.verdict = Reference(
                AttemptVerdict(job: sent.job, attemptID: sent.attemptID, unsendable: error, now: unixMilliseconds()))
            return false
        }
    }

    @inline(never)
    private func start(_ sent: SentJob) {
        let notes = sent.request?.value.notes ?? []
        sent.attemptID = store.startAttempt(start(of: sent.job, sent.plan, notes: notes))
        let receiver = AttemptReceiver(
            store: store, attemptID: sent.attemptID, chunks: chunks, bytes: bytes, answered: sent.answered)
        sent.receiver = receiver
        sent.attempt = source.attempt(sent.takeRequest(), to: sent.endpoint, receiver: receiver)
    }

    /// Gives the verdict on an attempt's result.
    ///
    /// - Parameter judge: tells what of the result bears on the job.
    @inline(never)
    func judge(_ sent: SentJob, _ judge: (Job, StreamResult) -> RetryCircumstances) {
        guard let result = sent.streamEnd?.result.judged(asking: sent.askedTier), let plan = sent.plan else { return }
        var verdict = AttemptVerdict(
            job: sent.job, plan: plan, attemptID: sent.attemptID, result: result, policy: configuration.retry,
            kept: sent.kept, isEcho: sent.endpoint.provider.echoesPrefix, repeats: sent.repeats,
            circumstances: judge(sent.job, result), fraction: Double(sent.random >> 11) / 0x1p53,
            now: unixMilliseconds())
        if let receiver = sent.receiver { verdict.end.tail = receiver.tail }
        (sent.verdict, sent.streamEnd) = (Reference(verdict), nil)
    }

    /// Tells a server that nobody will ask for a stream again; what it answers changes nothing.
    @inline(never)
    func abandon(_ cursor: ReplayCursor, of sent: SentJob) async {
        _ = await source.attempt(ProviderRequest(.abandon(cursor)), to: sent.endpoint, receiver: DeafReceiver()).end()
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
