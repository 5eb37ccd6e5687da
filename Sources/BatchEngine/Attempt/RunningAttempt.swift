import AnswerChecks
import LLMStreaming

/// One attempt of a job from its beginning to its verdict, behind one reference.
///
/// While its stream is open no task holds it, else one at a time. The frame of an asynchronous function keeps room for every
/// value it handles for as long as it waits, and a task keeps the room of its largest frames: so whatever waits for an
/// attempt holds this and nothing else, and what handles its values is neither asynchronous nor inlined.
final class RunningAttempt {
    /// How far an attempt is, and all that is known of it there.
    enum Phase {
        /// Nothing is decided.
        case begun
        /// Its request is encoded.
        indirect case prepared(PreparedAttempt)
        /// Its request is handed over, and its stream may be open.
        indirect case sent(SentAttempt)
        /// Its stream has ended.
        indirect case ended(SentAttempt, StreamResultBox)
        /// It is known what is to be stored; also of an attempt that could not be sent, which has no receiver.
        indirect case judged(AttemptVerdict, AttemptReceiver?)
        /// Nothing is left to be stored.
        case stored
    }

    /// The job as it was when the attempt began; its request is given up once it is encoded.
    private(set) var job: Job
    private let member: EndpointPool.Member
    var endpoint: Endpoint { member.endpoint }
    /// What its endpoint is called.
    var endpointName: String { member.name }
    /// The number, from 1 within its job, of the first attempt since the job was taken up: it is told under that.
    let number: Int
    /// How many attempts just before this one were repeated at once.
    let repeats: Int
    /// Whether the provider refused to go on from partial text for this model in this run.
    let isPrefillRefused: Bool
    /// For the jitter, and for the name of a stream that its server is to keep.
    let random: UInt64
    /// What the streams of its endpoint are counted by; nil where nothing is made of that.
    let tally: EndpointTally?
    /// Called once the first chunk of an answer is there, on any thread.
    let whenAnswered: (@Sendable () -> Void)?
    private(set) var phase = Phase.begun
    /// What closes its stream, while that is open.
    private var exchange: (any CompletionAttempt)?
    /// Whether its stream is closed once it opens.
    private var isCancelled = false
    /// What its answer is judged by, once it is sent; nil where any is taken.
    private(set) var rules: AnswerRules?
    /// Whether it is known what the answer cost that it judges, and that another attempt brought.
    let isPaid: Bool

    /// An attempt that begins.
    ///
    /// - Parameter previous: the one of the same job that it repeats at once.
    init(
        _ job: Job, to member: EndpointPool.Member, after previous: RunningAttempt?, isPrefillRefused: Bool,
        random: UInt64, tally: EndpointTally? = nil, whenAnswered: (@Sendable () -> Void)?
    ) {
        number = previous?.number ?? job.attemptCount + 1
        repeats = previous.map { $0.repeats + 1 } ?? 0
        isPaid = previous?.verdict?.end.costUSD != nil && job.partial?.whole.isEmpty == false
        self.job = job
        self.member = member
        self.isPrefillRefused = isPrefillRefused
        self.random = random
        self.tally = tally
        self.whenAnswered = whenAnswered
    }

    // MARK: Changes

    /// Notes what the answer that was kept whole is judged by.
    func take(_ rules: AnswerRules?) { self.rules = rules }

    /// Notes what is to be sent.
    func prepare(_ prepared: PreparedAttempt) {
        phase = .prepared(prepared)
        job.request = []
    }

    /// Hands the request over, which is then the caller's alone.
    func send(_ attemptID: Int64, _ receiver: AttemptReceiver) -> ProviderRequest {
        guard case .prepared(let prepared) = phase else { preconditionFailure("job \(job.id) is sent unprepared") }
        rules = prepared.rules
        // The row that is queued has it, and nobody asks for it while the stream is open.
        job.requestSHA256 = ""
        phase = .sent(
            SentAttempt(
                id: attemptID, plan: prepared.plan, kept: prepared.request.kept, askedTier: prepared.askedTier,
                receiver: receiver))
        return prepared.request
    }

    /// Notes the stream that begins: it may be cancelled by now.
    func open(_ exchange: any CompletionAttempt) {
        self.exchange = exchange
        receiver?.watch?.open { exchange.cancel() }
        if isCancelled { exchange.cancel() }
    }

    /// Closes its stream, now or when it begins.
    func cancel() {
        isCancelled = true
        exchange?.cancel()
    }

    /// Notes the end of the stream.
    @inline(never)
    func end(_ end: StreamResultBox) {
        exchange = nil
        guard case .sent(let sent) = phase else { preconditionFailure("job \(job.id) has an end without a stream") }
        phase = .ended(sent, end)
    }

    /// Notes what the attempt came to.
    func judge(_ verdict: AttemptVerdict) { phase = .judged(verdict, receiver) }

    /// Notes what the user's program makes of its answer.
    func rejudge(_ change: (inout AttemptVerdict) -> Void) {
        guard case .judged(var verdict, let receiver) = phase else { return }
        change(&verdict)
        phase = .judged(verdict, receiver)
    }

    /// Notes that nothing is left to be stored.
    @inline(never)
    func store() { phase = .stored }

    // MARK: What is known

    /// Whether its request is still to be sent, and its answer to be judged.
    var isUnsent: Bool {
        switch phase {
        case .begun, .prepared: true
        case .sent, .ended, .judged, .stored: false
        }
    }

    /// What is sent next; nil before that is decided and once it is sent.
    var prepared: PreparedAttempt? { if case .prepared(let prepared) = phase { prepared } else { nil } }

    /// What is known of the request that was sent, until there is a verdict.
    var sent: SentAttempt? {
        switch phase {
        case .sent(let sent), .ended(let sent, _): sent
        case .begun, .prepared, .judged, .stored: nil
        }
    }

    /// What takes the chunks of its stream, until its end is stored.
    var receiver: AttemptReceiver? {
        if case .judged(_, let receiver) = phase { receiver } else { sent?.receiver }
    }

    /// What the attempt came to, until that is stored.
    var verdict: AttemptVerdict? { if case .judged(let verdict, _) = phase { verdict } else { nil } }

    /// What is to be stored of it; nil where nothing is left to be.
    var toStore: AttemptEnd? {
        @inline(never) get { verdict?.end }
    }

    /// A stream that the prepared attempt does not go on from, and that nobody will ask for again.
    var superseded: ReplayCursor? {
        @inline(never) get {
            // That of another endpoint is nothing to this one.
            let isKeptHere = job.partial?.replayEndpoint ?? endpointName == endpointName
            return prepared.map { $0.plan.strategy != .replay } == true && isKeptHere ? job.partial?.cursor : nil
        }
    }

    /// A stream that its server keeps and that nobody will ask for again, once there is a verdict.
    var abandoned: ReplayCursor? {
        @inline(never) get { verdict?.abandoned }
    }

    /// Whether another attempt follows at once.
    var isRepeated: Bool {
        @inline(never) get { verdict?.isRepeated == true }
    }
}

/// What is known of an attempt while its stream is open.
struct SentAttempt {
    /// Its number in the database.
    let id: Int64
    let plan: ResumePlan
    /// Where its stream began, if its server is to keep it.
    let kept: ReplayCursor?
    /// The service tier that its request names.
    let askedTier: String?
    let receiver: AttemptReceiver
}
