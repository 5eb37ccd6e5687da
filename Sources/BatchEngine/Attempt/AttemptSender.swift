import AnswerChecks
import LLMStreaming

/// Sends one attempt of a job, request and stream, and gives the verdict on it; its chunks go to the store as they
/// come.
final class AttemptSender: Sendable {
    private let store: any JobStore
    private let source: any CompletionSource
    private let configuration: RunConfiguration
    private let unixMilliseconds: @Sendable () -> Int64
    private let checks = JobChecks()
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

    /// Sends an attempt, whose start is queued in the store, unless something is to be waited for first.
    ///
    /// - Parameter onEnd: called on any thread when its stream has ended.
    /// - Returns: whether its stream is open; else it is judged, or is prepared and `send` sends it.
    func open(_ attempt: RunningAttempt, onEnd: @escaping @Sendable (StreamResultBox) -> Void) -> Bool {
        if takeKept(attempt) { return false }
        guard prepare(attempt), attempt.superseded == nil else { return false }
        start(attempt, onEnd: onEnd)
        return true
    }

    /// Sends an attempt that is not sent, whatever is to be waited for first.
    ///
    /// - Returns: whether its stream is open; else it is judged.
    @inline(never)
    func send(_ attempt: RunningAttempt, onEnd: @escaping @Sendable (StreamResultBox) -> Void) async -> Bool {
        if attempt.prepared == nil, open(attempt, onEnd: onEnd) { return true }
        guard attempt.prepared != nil else { return false }
        if let cursor = attempt.superseded { await abandon(cursor, at: attempt.endpoint) }
        start(attempt, onEnd: onEnd)
        return true
    }

    /// Takes an answer that an earlier run kept whole, where there is one: nothing is sent.
    @inline(never)
    private func takeKept(_ attempt: RunningAttempt) -> Bool {
        guard let partial = attempt.job.partial, !partial.whole.isEmpty else { return false }
        let job = attempt.job
        let start = AttemptStart(
            jobID: job.id, number: job.attemptCount + 1, requestSHA256: job.requestSHA256, strategy: .replay,
            reason: "the answer was kept whole: only its judgement was missing", resumedFrom: partial.attemptID,
            prefixScalars: 0, startedMilliseconds: unixMilliseconds())
        let id = store.startAttempt(start)
        do throws(LLMError) {
            let rules = try checks.rules(of: job, try JobRequest(stored: job.request).content, configuration.answers)
            attempt.take(rules)
            attempt.judge(
                AttemptVerdict(judging: partial.whole, of: job, by: rules, attemptID: id, now: unixMilliseconds()))
        } catch {
            attempt.judge(AttemptVerdict(job: job, attemptID: id, unsendable: error, now: unixMilliseconds()))
        }
        return true
    }

    /// Decides what is sent; false where nothing can be.
    ///
    /// Not inlined, like all that an asynchronous caller calls here: its values would stay in that frame.
    @inline(never)
    private func prepare(_ attempt: RunningAttempt) -> Bool {
        do {
            var prepared = try PreparedAttempt(
                job(of: attempt), provider: attempt.endpoint.provider, policy: configuration.resume,
                isRefused: attempt.isPrefillRefused, streamID: streamID(attempt),
                serviceTier: configuration.serviceTier, answers: configuration.answers, checks: checks)
            prepared.waitForFlex(configuration.flexFirstToken)
            attempt.prepare(prepared)
            return true
        } catch {
            let id = store.startAttempt(record(of: attempt))
            attempt.judge(
                AttemptVerdict(job: attempt.job, attemptID: id, unsendable: error, now: unixMilliseconds()))
            return false
        }
    }

    /// The job as this endpoint sees it: a stream that another keeps cannot be had here.
    private func job(of attempt: RunningAttempt) -> Job {
        var job = attempt.job
        if let keeper = job.partial?.replayEndpoint, keeper != attempt.endpointName { job.partial?.cursor = nil }
        return job
    }

    @inline(never)
    private func start(_ attempt: RunningAttempt, onEnd: @escaping @Sendable (StreamResultBox) -> Void) {
        let id = store.startAttempt(record(of: attempt))
        let receiver = AttemptReceiver(
            store: store, attemptID: id, chunks: chunks, bytes: bytes, tally: attempt.tally,
            answered: attempt.whenAnswered, watch: attempt.prepared?.watch)
        let exchange = source.attempt(attempt.send(id, receiver), to: attempt.endpoint, receiver: receiver)
        attempt.open(exchange)
        exchange.run(onEnd: onEnd)
    }

    /// The verdict on an attempt whose stream has ended, or that could not be sent.
    ///
    /// - Parameter circumstances: tells what of the result bears on the job.
    @inline(never)
    func verdict(
        on attempt: RunningAttempt, _ circumstances: (Job, StreamResult) -> RetryCircumstances
    ) -> AttemptVerdict? {
        guard case .ended(let sent, let end) = attempt.phase else { return attempt.verdict }
        let result = end.result.judged(asking: sent.askedTier)
        var verdict = AttemptVerdict(
            job: attempt.job, plan: sent.plan, attemptID: sent.id, result: result, policy: configuration.retry,
            kept: sent.kept, isEcho: attempt.endpoint.provider.echoesPrefix,
            endpoint: attempt.endpointName, repeats: attempt.repeats,
            circumstances: circumstances(attempt.job, result), fraction: Double(attempt.random >> 11) / 0x1p53,
            now: unixMilliseconds(), rules: attempt.rules, stop: sent.receiver.watch?.end())
        verdict.end.tail = sent.receiver.tail
        return verdict
    }

    /// Tells a server that nobody will ask for a stream again; what it answers changes nothing.
    @inline(never)
    func abandon(_ cursor: ReplayCursor, at endpoint: Endpoint) async {
        let attempt = source.attempt(ProviderRequest(.abandon(cursor)), to: endpoint, receiver: DeafReceiver())
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in attempt.run { _ in continuation.resume() } }
        } onCancel: {
            attempt.cancel()
        }
    }

    /// A name that no other stream of the server has.
    private func streamID(_ attempt: RunningAttempt) -> String {
        let job = attempt.job
        let random = String(attempt.random, radix: 36)
        return "llm4s-\(String(unixMilliseconds(), radix: 36))-\(random)-\(job.id)-\(job.attemptCount + 1)"
    }

    /// The row of an attempt that starts.
    private func record(of attempt: RunningAttempt) -> AttemptStart {
        let (job, prepared) = (attempt.job, attempt.prepared)
        let plan = prepared?.plan
        return AttemptStart(
            jobID: job.id, number: job.attemptCount + 1, requestSHA256: job.requestSHA256, strategy: plan?.strategy,
            reason: plan?.strategy == nil ? nil : plan?.reason, notes: prepared?.request.notes ?? [],
            resumedFrom: plan?.goesOn == true ? job.partial?.attemptID : nil, prefixScalars: plan?.prefixScalars,
            startedMilliseconds: unixMilliseconds(), endpoint: attempt.endpointName)
    }
}

/// What an attempt sends and why so: all that is decided before it starts.
struct PreparedAttempt {
    let plan: ResumePlan
    private(set) var request: ProviderRequest
    /// The service tier that the request names.
    let askedTier: String?
    /// What its answer is judged by; nil where any is taken.
    let rules: AnswerRules?

    /// Reads a job's stored request and encodes it for its provider.
    ///
    /// - Parameters:
    ///   - policy: what is done with partial output, where the job's line does not say.
    ///   - isRefused: whether the provider refused to go on from partial text for this model in this run.
    ///   - streamID: what a stream that its server is to keep is called, where that is ours to say.
    ///   - serviceTier: the one to ask for, where the job's line does not say.
    ///   - answers: what is made of answers.
    ///   - checks: what jobs ask of theirs, as far as it was read before.
    /// - Throws: kind `invalid_request` where the stored request cannot be read or does not fit the provider.
    init(
        _ job: Job, provider: Provider, policy: ResumePolicy, isRefused: Bool, streamID: String,
        serviceTier: String? = nil, answers: AnswerPolicy = AnswerPolicy(), checks: JobChecks = JobChecks()
    ) throws(LLMError) {
        var stored = try JobRequest(stored: job.request)
        if let serviceTier { stored.content.ask(forTier: serviceTier) }
        askedTier = stored.content.askedTier
        rules = try checks.rules(of: job, stored.content, answers)
        var correction: Continuation?
        if !job.rejected.isEmpty {
            let change = AnswerCorrection(job, of: stored.content, answers)
            change.apply(to: &stored.content, at: provider)
            correction = change.question
        }
        // A conversation that another message ends is not gone on with from the middle of its answer.
        plan = ResumePlan.make(
            partial: correction == nil ? job.partial : nil, content: stored.content, model: job.model,
            provider: provider, policy: stored.resume ?? policy, isRefused: isRefused)
        let keptByteCount = plan.goesOn && !plan.isPoll ? job.partial?.answer.byteCount ?? 0 : 0
        if let cursor = plan.cursor {
            var request = ProviderRequest(plan.isPoll ? .poll(cursor) : .replay(cursor))
            request.dialect = stored.content.dialect(at: provider)
            request.keptByteCount = keptByteCount
            self.request = request
            return
        }
        let kept = plan.keeps.map { form in
            switch form {
            case .conversation: ReplayCursor(.conversation, id: streamID, position: 0)
            case .response: ReplayCursor(.response, id: "", position: -1)
            }
        }
        request = try RequestEncoder.encode(
            stored.content, model: job.model, provider: provider, continuation: correction ?? plan.continuation,
            maximumTokens: plan.maximumTokens, kept: kept)
        request.acceptsMissingFinishReason = job.partial?.lacksFinishReason ?? false
        request.keptByteCount = keptByteCount
    }

    /// What watches its stream.
    ///
    /// Text that goes on from kept text is no answer by itself: that is judged as a whole.
    var watch: StreamWatch? { plan.goesOn ? nil : rules?.watch }

    /// Gives the first content another time, where the tier `flex` is asked for.
    mutating func waitForFlex(_ timeout: Duration?) {
        if askedTier?.lowercased() == "flex" { request.firstTokenTimeout = timeout }
    }
}

/// A receiver of a request whose answer changes nothing.
private struct DeafReceiver: ChunkReceiver {
    func receive(_ chunks: [StreamedChunk], atMicroseconds microseconds: Int64) -> Bool { true }
    func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void) { resume() }
}
