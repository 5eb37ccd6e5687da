package import LLMStreaming

/// How an attempt ended and what follows for its job: stored in one transaction (The database, "Writing").
package struct AttemptEnd: Sendable {
    /// The state that the job gets when its attempt has ended: no end of its own, since it may wait for another attempt.
    package enum JobTransition: Sendable {
        /// It is done; the rows of its answers.
        case completed([CompletionRecord])
        /// It waits for another attempt, until Unix milliseconds, or may run at once (nil).
        ///
        /// Its state is `interrupted` where the attempt, or an earlier one, left partial text that can be used, else
        /// `pending`.
        case waiting(until: Int64?, hasPartial: Bool)
        /// It is not attempted again by itself.
        case failed
        /// The user has cancelled it: it is not attempted again, and its text is kept.
        case cancelled
    }

    package var attemptID: Int64
    package var jobID: Int64
    /// Its last chunks, those that are not stored yet.
    package var tail = AnswerTail()
    package var status: AttemptStatus
    /// Whether the attempt counts against the job's attempts.
    package var counts: Bool
    /// Whether the job's count of attempts is set to 0 first: the answer is longer than ever before
    /// (Contract, "Retry").
    package var resetsAttempts: Bool
    package var result: StreamResult
    /// Why it failed, as stored and shown; nil for a completed one.
    package var error: LLMError?
    /// What is left of the answer so far; nil for a completed attempt and where nothing came.
    package var partial: StoredPartial?
    /// How many scalars at the beginning of what it brought repeated the kept text and were removed.
    package var overlapScalars: Int?
    package var transition: JobTransition
    /// What it cost in US dollars: the provider's own figure, else by the price table; nil where that is not known.
    package var costUSD: Double?
    /// Unix milliseconds.
    package var endedMilliseconds: Int64
    /// Whether it is the end of another job that asked the same: nothing was sent for it.
    package var isTaken = false

    package init(
        attemptID: Int64, jobID: Int64, status: AttemptStatus, counts: Bool, result: StreamResult, error: LLMError?,
        partial: StoredPartial?, overlapScalars: Int? = nil, transition: JobTransition, endedMilliseconds: Int64,
        resetsAttempts: Bool = false
    ) {
        self.attemptID = attemptID
        self.jobID = jobID
        self.status = status
        self.counts = counts
        self.resetsAttempts = resetsAttempts
        self.result = result
        self.error = error
        self.partial = partial
        self.overlapScalars = overlapScalars
        self.transition = transition
        self.endedMilliseconds = endedMilliseconds
    }

    /// Whether it brought an answer that is not taken: it counts against the most answers of its job.
    package var rejectsAnswer: Bool {
        !isTaken && (error?.kind == .invalidAnswer || error?.kind == .repetition)
    }

    /// Whether the job waits for a time to be sent again.
    package var waits: Bool { waitsUntil != nil }

    /// When the job may be sent again, in Unix milliseconds; nil where it waits for no time.
    package var waitsUntil: Int64? {
        if case .waiting(let until, _) = transition { until } else { nil }
    }
}

extension AttemptEnd {
    /// The output tokens that were reported of what the attempt brought; nil where none were, or of something else: of
    /// a beginning only, or with what an earlier attempt brought.
    func reportedTokens(of plan: ResumePlan?) -> Int? {
        guard plan?.strategy != .replay, let tokens = result.usage?.completionTokens else { return nil }
        if case .completed = result.outcome { return tokens }
        return tokens >= result.partial.contentDeltaCount ? tokens : nil
    }
}

/// What is known of an attempt before it is sent.
package struct AttemptStart: Sendable {
    package var jobID: Int64
    /// From 1 within its job.
    package var number: Int
    package var requestSHA256: String
    /// How it relates to an earlier attempt; nil for the first.
    package var strategy: ResumeStrategy?
    /// Why so, in words; nil for the first.
    package var reason: String?
    /// What the job asks for and the request leaves out, and why.
    package var notes: [String]
    /// The attempt whose text it goes on from.
    package var resumedFrom: Int64?
    /// How many scalars of the joined partial text were sent along; 0 where a kept response is asked for whole.
    package var prefixScalars: Int?
    /// Unix milliseconds.
    package var startedMilliseconds: Int64
    /// Where it is sent; nil where nothing is.
    package var endpoint: String?

    package init(
        jobID: Int64, number: Int, requestSHA256: String, strategy: ResumeStrategy? = nil, reason: String? = nil,
        notes: [String] = [], resumedFrom: Int64? = nil, prefixScalars: Int? = nil, startedMilliseconds: Int64,
        endpoint: String? = nil
    ) {
        self.jobID = jobID
        self.number = number
        self.requestSHA256 = requestSHA256
        self.strategy = strategy
        self.reason = reason
        self.notes = notes
        self.resumedFrom = resumedFrom
        self.prefixScalars = prefixScalars
        self.startedMilliseconds = startedMilliseconds
        self.endpoint = endpoint
    }
}

/// A row of the table `completions`: one whole answer, joined from its attempts (The database,
/// "Tables").
///
/// The store computes what sums over the attempts of the job (billed tokens, duration, chunks, time to first token)
/// from their rows in the same transaction.
package struct CompletionRecord: Sendable, Equatable {
    /// Where the usage figures come from.
    package enum UsageSource: String, Sendable, CaseIterable {
        /// As the provider reported them.
        case provider
        /// Joined from reports and counts of pieces.
        case mixed
        /// Counts of pieces only.
        case estimate
        /// Nothing is known.
        case none
    }

    /// What a check found.
    package enum Check: String, Sendable, CaseIterable {
        /// It is what was asked for.
        case ok
        /// It is, without what stood around it.
        case mended
        /// It is not, and was kept all the same (`--on-invalid keep`).
        case failed
    }

    /// The answer; its content is joined.
    package var choice: Completion.Choice
    package var responseID: String?
    package var model: String?
    /// Tokens of the request as first sent.
    package var promptTokens: Int?
    /// Tokens of the final text.
    package var completionTokens: Int?
    /// As reported, where the report covers the whole answer.
    package var totalTokens: Int?
    package var cachedTokens: Int?
    package var cacheCreationTokens: Int?
    package var reasoningTokens: Int?
    package var usageSource: UsageSource
    /// The last report as it came.
    package var usage: JSONObject?
    /// How the content is put together; one for an answer in one piece.
    package var seams: [Seam]
    /// What the job's check found; nil where it has none.
    package var check: Check?
    /// What there is to say about the answer: JSON with `findings`, `mended` and `loop`, as far as there are any.
    package var checkReport: JSONObject?
    /// The id of the job that was sent, where this one asks the same and got its answer (`--dedupe`).
    package var copiedFrom: String?

    package init(
        choice: Completion.Choice, responseID: String?, model: String?, usage: TokenUsage?,
        usageSource: UsageSource, seams: [Seam]
    ) {
        self.choice = choice
        self.responseID = responseID
        self.model = model
        promptTokens = usage?.promptTokens
        completionTokens = usage?.completionTokens
        totalTokens = usage?.totalTokens
        cachedTokens = usage?.cachedTokens
        cacheCreationTokens = usage?.cacheCreationTokens
        reasoningTokens = usage?.reasoningTokens
        self.usageSource = usageSource
        self.usage = usage?.raw
        self.seams = seams
    }
}
