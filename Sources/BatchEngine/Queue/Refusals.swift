import LLMStreaming

/// Distinguishes a limit from chance by what became of the requests that were under way when one was refused.
///
/// Where a limit is spent nearly all that was sent after the refused one is refused too; a refusal by chance stands
/// alone, and the others are taken.
struct RefusalEvidence: Sendable {
    /// What refused them.
    enum Cause {
        case limit
        case chance
        /// Too few were under way to tell.
        case unclear
    }

    /// When the first refusal came.
    private let arrived: Duration
    /// The requests that a limit would refuse: those sent since the refused one, itself included.
    private var sent: Int
    /// How many of them were refused.
    private var refused = 1

    /// Fewer refusals come together by chance.
    private static let fewest = 3
    /// Among fewer a refusal stands alone by chance.
    private static let fewestSent = 4

    /// - Parameters:
    ///   - sent: the requests that are under way and were sent since the refused one, itself included.
    ///   - now: when the refusal came.
    init(sent: Int, at now: Duration) {
        self.sent = max(1, sent)
        arrived = now
    }

    /// What refused them, as far as is known.
    var cause: Cause { Self.cause(refused: refused, of: sent) }

    /// What refused so many requests of those that were sent.
    static func cause(refused: Int, of sent: Int) -> Cause {
        if refused >= fewest, 2 * refused >= sent { return .limit }
        return sent >= fewestSent && 3 * refused <= sent ? .chance : .unclear
    }

    /// Whether a request was under way when the first refusal came.
    func covers(started: Duration) -> Bool { started <= arrived }

    /// Records another refusal: of a request that was under way too, or of one that probed.
    mutating func add(started: Duration) {
        refused += 1
        if !covers(started: started) { sent += 1 }
    }
}

/// Distinguishes a model that is refused by itself from a provider that refuses: requests of its other models are answered
/// meanwhile that were sent later.
///
/// A limit that the models share is met by all of them, so that few in a row prove nothing.
struct ModelRefusals: Sendable {
    private static let telling = 5

    /// The model's refusals in a row, and the number among all attempts of the first.
    private var count = 0
    private var first: Int?
    /// Answers to requests of other models that were sent since.
    private var answersToOthers = 0

    /// Whether the refusals are of the model alone.
    var areOfModel: Bool { count >= Self.telling && answersToOthers >= Self.telling }

    /// Records a refusal of a request of the model.
    mutating func refused(_ attempt: AdmittedAttempt) {
        count += 1
        first = min(first ?? attempt.order, attempt.order)
    }

    /// Records an answer to a request of the model.
    mutating func answered() { self = ModelRefusals() }

    /// Records an answer to a request of another model.
    mutating func otherAnswered(_ attempt: AdmittedAttempt) {
        if let first, attempt.order > first { answersToOthers += 1 }
    }
}

/// Answers to different jobs in a row, with no success between, that may be of everybody: from three on they are of the
/// provider, or of the model, and not of the jobs.
///
/// Refusals (402, 403) are such answers, and what an address gives that is another's: a redirect, a start page. Where
/// answers have come it takes more of the latter, since what stands between may send a page now and then. It takes as
/// many where the answers differ: now a redirect and now a page.
struct RefusalStreak: Sendable {
    private static let maximumJobs = 3
    private static let maximumJobsAfterSuccess = 10
    /// The jobs that got the newest answer, and those that got any.
    private var jobs: Set<Int64> = []
    private var jobsOfAny: Set<Int64> = []
    private var answer: Answer?
    private var hasSucceeded = false

    /// What answers are alike.
    enum Answer: Hashable {
        case refusal
        case fault(ErrorKind, httpStatus: Int?)
    }

    /// Whether everybody gets this answer.
    var isOfEverybody: Bool {
        jobs.count >= (hasSucceeded && answer != .refusal ? Self.maximumJobsAfterSuccess : Self.maximumJobs)
            || jobsOfAny.count >= Self.maximumJobsAfterSuccess
    }

    mutating func refused(_ jobID: Int64, _ answer: Answer = .refusal) {
        if answer != self.answer { jobs.removeAll() }
        self.answer = answer
        if jobs.count < Self.maximumJobsAfterSuccess { jobs.insert(jobID) }
        if jobsOfAny.count < Self.maximumJobsAfterSuccess { jobsOfAny.insert(jobID) }
    }

    /// Somebody is being given an answer.
    mutating func answers() { hasSucceeded = true }

    mutating func succeeded() {
        hasSucceeded = true
        jobs.removeAll()
        jobsOfAny.removeAll()
    }
}

extension LLMError {
    /// As answers of a streak are compared.
    var streakAnswer: RefusalStreak.Answer {
        kind == .permission || kind == .quota ? .refusal : .fault(kind, httpStatus: httpStatus)
    }
}
