/// Which endpoints hold which beginnings of jobs, and which are being warmed: read by a first job for all that follow.
///
/// A server keeps a beginning only once it has read it whole, so that jobs sent together all read it. A
/// job warms the levels that its endpoint neither holds nor is about to; they are held from its first token on.
struct PrefixHomes: Sendable {
    /// How long others wait for a job that warms: one whose first token takes longer is likelier to hang, or its
    /// server has other work, and then waiting saves nothing.
    static let longestWarming = Duration.seconds(10)

    /// A job that was sent and has had no token yet.
    private struct Warming {
        let job: Int64
        let endpoint: Int
        let chain: PrefixChain
        /// The level from which on it warms.
        let first: Int
        let until: Duration
    }

    private var held: HeldPrefixes
    /// By the first level that each warms, at most one an endpoint: who shares a later level shares that too.
    private var warmings: [UInt64: [Warming]] = [:]
    /// The same by job: as many as streams are open and silent.
    private var jobs: [Int64: Warming] = [:]

    init() { self.init(held: HeldPrefixes()) }

    init(held: HeldPrefixes) { self.held = held }

    // MARK: What happens

    /// A job is sent.
    ///
    /// - Returns: whether it warms any: others that begin as it does are to wait, since the longest level alone is half
    ///   of all.
    @discardableResult
    mutating func began(_ chain: PrefixChain, at endpoint: Int, job: Int64, at now: Duration) -> Bool {
        if chain.isEmpty { return false }
        var first = depth(of: chain, at: endpoint)
        for level in chain.levels[..<first] { held.touch(level, at: endpoint) }
        while first < chain.count, let other = warming(of: chain.levels[first], at: endpoint, after: now) {
            first = max(first + 1, chain.depth(inCommonWith: other.chain))
        }
        guard first < chain.count else { return false }
        let level = chain.levels[first]
        let warming = Warming(
            job: job, endpoint: endpoint, chain: chain, first: first, until: now + Self.longestWarming)
        // A job may be sent again.
        if jobs[job] != nil { ended(job) }
        jobs[job] = warming
        warmings[level, default: []].replace(with: warming) { $0.endpoint == endpoint }
        return true
    }

    /// Whether a job warms something: its first token is waited for.
    func isWarming(_ job: Int64) -> Bool { jobs[job] != nil }

    /// A job's first token came: what it warmed is held.
    mutating func answered(_ job: Int64) {
        guard let warming = end(job) else { return }
        for level in warming.chain.levels[warming.first...] { held.insert(level, at: warming.endpoint) }
    }

    /// A job's stream ended: where no token came, nothing was warmed.
    mutating func ended(_ job: Int64) { _ = end(job) }

    private mutating func end(_ job: Int64) -> Warming? {
        guard let warming = jobs.removeValue(forKey: job) else { return nil }
        let level = warming.chain.levels[warming.first]
        // Where it took too long, another may stand in its place.
        if let others = warmings[level], let index = others.firstIndex(where: { $0.job == job }) {
            if others.count == 1 { warmings[level] = nil } else { warmings[level]?.remove(at: index) }
        }
        return warming
    }

    /// An endpoint was restarted or is out: what it held is gone.
    mutating func forget(_ endpoint: Int) {
        held.forget(endpoint)
        for (job, warming) in jobs where warming.endpoint == endpoint { ended(job) }
    }

    // MARK: Who holds what

    /// How many levels an endpoint holds.
    func depth(of chain: PrefixChain, at endpoint: Int) -> Int {
        chain.levels.firstIndex { !held.isHeld($0, at: endpoint) } ?? chain.count
    }

    /// The endpoints that hold the most of a chain, and how many levels of it.
    func home(of chain: PrefixChain) -> (depth: Int, endpoints: EndpointSet) {
        var home = (depth: 0, endpoints: EndpointSet())
        for level in chain.levels {
            let endpoints = held.endpoints(of: level)
            if endpoints.isEmpty { break }
            home = (home.depth + 1, endpoints)
        }
        return home
    }

    /// Until when others wait for a job that warms some of this chain at an endpoint; nil where none does.
    ///
    /// - Parameter job: one that waits for itself not.
    func isWarming(_ chain: PrefixChain, at endpoint: Int, for job: Int64? = nil, at now: Duration) -> Duration? {
        if warmings.isEmpty { return nil }
        return chain.levels.lazy.compactMap { warming(of: $0, at: endpoint, after: now) }
            .filter { $0.job != job }.map(\.until).max()
    }

    /// The job that warms the most of a chain; nil where none warms more than so many levels.
    func warming(
        of chain: PrefixChain, beyond depth: Int, at now: Duration
    ) -> (job: Int64, endpoint: Int, until: Duration)? {
        if warmings.isEmpty { return nil }
        var found: (depth: Int, warming: Warming)?
        for level in chain.levels {
            for warming in warmings[level] ?? [] where warming.until > now {
                let common = warming.chain.depth(inCommonWith: chain)
                if common > max(depth, found?.depth ?? 0) { found = (common, warming) }
            }
        }
        return found.map { ($0.warming.job, $0.warming.endpoint, $0.warming.until) }
    }

    private func warming(of level: UInt64, at endpoint: Int, after now: Duration) -> Warming? {
        if warmings.isEmpty { return nil }
        return warmings[level]?.first { $0.endpoint == endpoint && $0.until > now }
    }
}

extension Array {
    /// Adds an element in the place of the one that is alike, or as the last.
    fileprivate mutating func replace(with element: Element, where isAlike: (Element) -> Bool) {
        if let index = firstIndex(where: isAlike) { self[index] = element } else { append(element) }
    }
}
