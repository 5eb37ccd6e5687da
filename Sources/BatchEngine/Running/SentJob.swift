import LLMStreaming

/// A job that is being sent, with all that outlasts the wait for its stream, behind one reference.
///
/// The frame of an asynchronous function keeps room for every value it handles for as long as it waits: with these
/// values in frames, the heap held 58 KB for each of 1,000 open streams, behind a reference 21. One task at a time holds
/// it.
final class SentJob {
    /// The job; its request is given up once it is encoded.
    var job: Job
    let endpoint: Endpoint
    /// Whether the provider refused to go on from partial text for this model in this run.
    var isRefused = false
    /// How many attempts just before this one were repeated at once.
    var repeats = 0
    /// For the jitter, and for the name of a stream that its server is to keep.
    var random: UInt64 = 0
    /// Called once the first chunk of an answer is there, on any thread.
    var answered: (@Sendable () -> Void)?

    /// The attempt that is under way, and what it came to.
    var attemptID: Int64 = 0
    /// Its number within its job when it was first sent, from 1.
    let number: Int
    var plan: ResumePlan?
    var request: Reference<ProviderRequest>?
    /// Where its stream began, if its server was to keep it.
    var kept: ReplayCursor?
    /// The service tier that its request names.
    var askedTier: String?
    var receiver: AttemptReceiver?
    /// What is being sent.
    var attempt: (any CompletionAttempt)?
    var streamEnd: StreamEnd?
    var verdict: Reference<AttemptVerdict>?
    /// Whether its end is stored already.
    var isStored = false

    init(_ job: consuming Job, to endpoint: Endpoint) {
        number = job.attemptCount + 1
        self.job = job
        self.endpoint = endpoint
    }

    /// Begins another attempt.
    func begin(isRefused: Bool, random: UInt64, answered: (@Sendable () -> Void)?) {
        self.isRefused = isRefused
        self.random = random
        self.answered = answered
        (plan, request, kept, receiver, attempt, streamEnd) = (nil, nil, nil, nil, nil, nil)
        (verdict, isStored, askedTier) = (nil, false, nil)
    }

    /// The request, which is then the caller's alone.
    func takeRequest() -> ProviderRequest {
        guard let request = request.take() else { preconditionFailure("job \(job.id) is sent without a request") }
        return request.value
    }

    /// A stream that its server keeps and that nobody will ask for again.
    var abandoned: ReplayCursor? { verdict?.value.abandoned }

    /// What is to be stored of it; nil where nothing is left to be.
    var end: AttemptEnd? { isStored ? nil : verdict?.value.end }

    /// A stream that this attempt does not go on from, and that nobody will ask for again.
    var superseded: ReplayCursor? { plan?.strategy == .replay ? nil : job.partial?.cursor }

    /// The output tokens that were reported of what this attempt brought; nil where none were, or of something else: of
    /// a beginning only, or with what an earlier attempt brought.
    var reportedTokens: Int? {
        guard let result = verdict?.value.end.result, plan?.strategy != .replay else { return nil }
        guard let tokens = result.usage?.completionTokens else { return nil }
        if case .completed = result.outcome { return tokens }
        return tokens >= result.partial.contentDeltaCount ? tokens : nil
    }
}
