/// The jobs at hand of a model's queue that never waited, and which of them goes to which endpoint next.
///
/// In the order of the input it is a queue. By prefix, a group's first job opens it at the least loaded endpoint; the
/// others wait for its first token and then go there, where their beginning is held. An endpoint goes on with what it
/// is the home of, then opens new groups, and takes jobs of others' groups only when it has nothing else to do.
///
/// No group starves: as long as one has jobs they stay at hand, and what is at hand is bounded by the reader, so that a
/// group that is always filled again comes to its end once all the room is taken by others.
///
/// A value that reads no clock; each decision costs as much as there are endpoints that may take one more stream, and a
/// few looks at groups, however many there are. With 64 endpoints that all have room and 100,000 prefixes a job costs 4
/// microseconds of CPU from adding it to its end, with 1,000 prefixes 1.4, in the order of the input 0.4
/// (`PrefixCostTests`, release build).
struct FreshJobs: Sendable {
    typealias Group = GroupedJobs.Group

    /// What is to be done.
    enum Next: Sendable, Equatable {
        /// The next job of this group goes to this endpoint.
        case send(Group, endpoint: Int)
        /// Nothing may be sent before a warming or an answer ends, or this time since the run's start; nil for none.
        case wait(until: Duration?)
    }

    let order: EndpointChoice.Order
    private(set) var homes: PrefixHomes
    var jobs = GroupedJobs()
    var waits = GroupWaits()

    /// Whether beginnings are kept only where a request asks for it: as Anthropic's interface has it.
    private let asksForCache: Bool

    init(_ order: EndpointChoice.Order, asksForCache: Bool = false, homes: PrefixHomes = PrefixHomes()) {
        self.order = order
        self.asksForCache = asksForCache
        self.homes = homes
    }

    // MARK: Jobs

    var count: Int { jobs.count }
    var isEmpty: Bool { jobs.count == 0 }
    /// The bytes of the requests at hand.
    var requestBytes: Int { jobs.requestBytes }

    /// Adds jobs in the order of the input.
    mutating func add(_ others: some Sequence<Job>) {
        for job in others { add(job, chain(of: job)) }
    }

    /// Adds a job whose beginning is known.
    mutating func add(_ job: consuming Job, _ chain: PrefixChain) { jobs.add(job, chain) }

    /// Adds a job before all others that begin as it does.
    mutating func putBack(_ job: Job) { jobs.putBack(job, chain(of: job)) }

    /// Removes jobs by their numbers.
    ///
    /// - Returns: how many.
    @discardableResult
    mutating func remove(where isLeft: (Int64) -> Bool) -> Int { jobs.remove(where: isLeft) }

    /// The first group in the order.
    var first: Group? { jobs.first }

    /// Whether a group still has jobs.
    func has(_ group: Group) -> Bool { jobs.has(group) }

    /// Whether jobs at hand have a beginning that others may share.
    var hasChains: Bool { jobs.groupCount > 1 || jobs.first.map { !jobs.chain(of: $0).isEmpty } ?? false }

    /// The beginning of a job, by which it finds its endpoint; none in the order of the input.
    func chain(of job: borrowing Job) -> PrefixChain {
        if order == .input || asksForCache && !PrefixText.asksForCache(job.request.span) { return .none }
        return PrefixChain(request: job.request)
    }

    /// Looks at a group's next job in its place.
    func withHead<Result>(of group: Group, _ body: (borrowing Job) -> Result) -> Result? {
        jobs.withHead(of: group, body)
    }

    /// Removes a group's next job, which is not sent.
    mutating func drop(_ group: Group) -> Job? { jobs.takeFirst(of: group) }

    /// Removes a group's next job, which is sent to an endpoint.
    mutating func take(_ group: Group, for endpoint: Int, at now: Duration) -> Job? {
        let chain = jobs.chain(of: group)
        guard let job = jobs.takeFirst(of: group) else { return nil }
        let isWarming = began(job.id, chain, at: endpoint, at: now)
        guard !chain.isEmpty, jobs.has(group) else { return job }
        jobs.setAside(group)
        if isWarming {
            waits.add(group, for: job.id, at: endpoint, in: jobs)
        } else {
            waits.add(group, at: endpoint)
        }
        waits.hold(group, at: now, for: Self.longestWait)
        return job
    }

    // MARK: What happens

    /// A job is sent to an endpoint; `take` has told it already.
    ///
    /// - Returns: whether those with the same beginning are to wait for it.
    @discardableResult
    mutating func began(_ job: Int64, _ chain: PrefixChain, at endpoint: Int, at now: Duration) -> Bool {
        guard case .prefix(let warmsFirst) = order, !chain.isEmpty else { return false }
        let isWarming = homes.began(chain, at: endpoint, job: job, at: now)
        // Where nobody waits, what comes next is sent to the same endpoint at once.
        if !warmsFirst { homes.answered(job) }
        return isWarming && warmsFirst
    }

    /// A job's first token came.
    mutating func answered(_ job: Int64) {
        homes.answered(job)
        guard let (endpoint, groups) = waits.end(job, in: jobs) else { return }
        for group in groups { waits.add(group, at: endpoint) }
    }

    /// A job's stream ended.
    mutating func ended(_ job: Int64) {
        homes.ended(job)
        guard let (_, groups) = waits.end(job, in: jobs) else { return }
        bringBack(groups.filter { waits.wait(of: $0).isNone })
    }

    /// An endpoint was restarted or is out.
    mutating func forget(_ endpoint: Int) {
        homes.forget(endpoint)
        bringBack(waits.forget(endpoint, in: jobs))
    }

    private mutating func bringBack(_ groups: [Group]) {
        for group in groups.reversed() { jobs.bringBack(group) }
    }
}
