import LLMStreaming

/// Sends one attempt of a job: request, stream, verdict; its chunks go to the store as they come.
struct AttemptSender: Sendable {
    let store: any JobStore
    let source: any CompletionSource
    let configuration: RunConfiguration
    let unixMilliseconds: @Sendable () -> Int64
    /// The chunks received in the run.
    let chunks = Counter()

    /// Sends a job's next attempt, whose start is queued and whose end is to be stored by the caller.
    ///
    /// - Parameters:
    ///   - job: its request is given up once it is encoded.
    ///   - isRefused: whether the provider refused to go on from partial text for this model in this run.
    ///   - repeats: how many attempts just before this one were repeated at once.
    ///   - fraction: a random number from 0 to 1, for the jitter.
    func send(
        _ job: inout Job, to endpoint: Endpoint, isRefused: Bool, repeats: Int, fraction: Double
    ) async -> AttemptVerdict {
        let plan: ResumePlan
        let request: ProviderRequest
        do {
            let prepared = try PreparedAttempt(
                job, provider: endpoint.provider, policy: configuration.resume, isRefused: isRefused)
            (plan, request) = (prepared.plan, prepared.request)
        } catch {
            let attemptID = store.startAttempt(start(of: job, ResumePlan(reason: "")))
            return AttemptVerdict(job: job, attemptID: attemptID, unsendable: error, now: unixMilliseconds())
        }
        job.request = []
        let attemptID = store.startAttempt(start(of: job, plan))
        let receiver = AttemptReceiver(store: store, attemptID: attemptID, chunks: chunks)
        let result = await source.stream(consume request, to: endpoint, receiver: receiver)
        return AttemptVerdict(
            job: job, plan: plan, attemptID: attemptID, result: result, policy: configuration.retry, repeats: repeats,
            fraction: fraction, now: unixMilliseconds())
    }

    private func start(of job: Job, _ plan: ResumePlan) -> AttemptStart {
        AttemptStart(
            jobID: job.id, number: job.attemptCount + 1, requestSHA256: job.requestSHA256, strategy: plan.strategy,
            resumedFrom: plan.prefix == nil ? nil : job.partial?.attemptID, prefixScalars: plan.prefixScalars,
            startedMilliseconds: unixMilliseconds())
    }
}
