/// What the groups at hand wait for: their homes, where they are sent as soon as there is room, and the jobs that warm
/// for them.
struct GroupWaits: Sendable {
    typealias Group = GroupedJobs.Group

    /// What one group waits for.
    struct Wait: Sendable {
        fileprivate var stamp = -1
        /// In whose queues it stands.
        fileprivate(set) var homes = EndpointSet()
        /// How many jobs warm for it.
        fileprivate(set) var warmings = 0
        /// The newest of them.
        fileprivate var warmedBy: Int64?
        /// Since when its next job has been that, or has been passed over.
        fileprivate(set) var heldSince = Duration.zero

        var isNone: Bool { homes.isEmpty && warmings == 0 }
    }

    /// A group that is looked at at a time, unless its next job was sent by then.
    struct Look: Sendable {
        let group: Group
        let heldSince: Duration
        let time: Duration
    }

    private struct Warmed: Sendable {
        let endpoint: Int
        var groups: [Group] = []
        /// How many jobs they had when they came.
        var jobs = 0
    }

    private var waits: [Wait] = []
    private var queues: [GroupQueue<Group>] = []
    private var warmed: [Int64: Warmed] = [:]
    /// How many jobs wait at each endpoint for those that warm there.
    private var followers: [Int] = []
    /// The groups that wait, by the time at which they are looked at, which is a bound after they came.
    private var looks = GroupQueue<Look>()

    /// What a group waits for.
    func wait(of group: Group) -> Wait {
        guard group.index < waits.count, waits[group.index].stamp == group.stamp else { return Wait() }
        return waits[group.index]
    }

    private mutating func change(_ group: Group, _ body: (inout Wait) -> Void) {
        while waits.count <= group.index { waits.append(Wait()) }
        if waits[group.index].stamp != group.stamp {
            waits[group.index] = Wait()
            waits[group.index].stamp = group.stamp
        }
        body(&waits[group.index])
    }

    // MARK: Homes

    /// A group is sent to an endpoint as soon as there is room.
    mutating func add(_ group: Group, at endpoint: Int) {
        guard !wait(of: group).homes.contains(endpoint) else { return }
        change(group) { $0.homes.insert(endpoint) }
        while queues.count <= endpoint { queues.append(GroupQueue()) }
        queues[endpoint].append(group)
    }

    /// The group that an endpoint goes on with.
    mutating func first(at endpoint: Int, in jobs: GroupedJobs) -> Group? {
        guard endpoint < queues.count else { return nil }
        return queues[endpoint].first { [waits] in jobs.has($0) && Self.isHome(endpoint, of: $0, waits) }
    }

    /// Whether an endpoint has fewer than so many jobs at hand whose home it is, or is about to be.
    func isRunningOut(at endpoint: Int, below least: Int, in jobs: GroupedJobs) -> Bool {
        var count = followers(at: endpoint)
        for group in queues[endpoint].all.prefix(16) where count < least && jobs.has(group) {
            count += jobs.count(of: group)
        }
        return count < least
    }

    private static func isHome(_ endpoint: Int, of group: Group, _ waits: [Wait]) -> Bool {
        waits[group.index].stamp == group.stamp && waits[group.index].homes.contains(endpoint)
    }

    /// An endpoint is nobody's home any more.
    ///
    /// - Returns: the groups that wait for nothing now.
    mutating func forget(_ endpoint: Int, in jobs: GroupedJobs) -> [Group] {
        guard endpoint < queues.count else { return [] }
        let groups = queues[endpoint].all.filter { jobs.has($0) && wait(of: $0).homes.contains(endpoint) }
        queues[endpoint] = GroupQueue()
        for group in groups { change(group) { $0.homes.remove(endpoint) } }
        return groups.filter { wait(of: $0).isNone }
    }

    // MARK: Jobs that warm

    /// A group waits for a job that warms at an endpoint.
    mutating func add(_ group: Group, for job: Int64, at endpoint: Int, in jobs: GroupedJobs) {
        while followers.count <= endpoint { followers.append(0) }
        followers[endpoint] += jobs.count(of: group)
        var others = warmed.removeValue(forKey: job) ?? Warmed(endpoint: endpoint)
        others.groups.append(group)
        others.jobs += jobs.count(of: group)
        warmed[job] = others
        change(group) {
            $0.warmings += 1
            $0.warmedBy = job
        }
    }

    /// How many jobs wait for those that warm at an endpoint.
    func followers(at endpoint: Int) -> Int { endpoint < followers.count ? followers[endpoint] : 0 }

    /// A job that warms takes so long that those behind it do not keep others from being sent.
    mutating func stopCounting(for group: Group) {
        guard let job = wait(of: group).warmedBy, var others = warmed[job] else { return }
        followers[others.endpoint] -= others.jobs
        others.jobs = 0
        warmed[job] = others
    }

    /// A job that warmed has done so, or never will.
    ///
    /// - Returns: the groups that waited for it, and where.
    mutating func end(_ job: Int64, in jobs: GroupedJobs) -> (endpoint: Int, groups: [Group])? {
        guard let warmed = warmed.removeValue(forKey: job) else { return nil }
        followers[warmed.endpoint] -= warmed.jobs
        let groups = warmed.groups.filter { jobs.has($0) && wait(of: $0).warmings > 0 }
        for group in groups { change(group) { $0.warmings -= 1 } }
        return (warmed.endpoint, groups)
    }

    /// How many groups wait for the same home, or the same job, as one does; some may have gone by now.
    func company(of group: Group) -> Int {
        let wait = wait(of: group)
        var count = wait.warmedBy.flatMap { warmed[$0]?.groups.count } ?? 0
        wait.homes.forEach { count = Swift.max(count, queues[$0].all.count) }
        return count
    }

    // MARK: Time

    /// A group's next job waits from now on, and is looked at after a time.
    mutating func hold(_ group: Group, at now: Duration, for time: Duration) {
        change(group) { $0.heldSince = now }
        looks.append(Look(group: group, heldSince: now, time: now + time))
    }

    /// The group that has waited for longest has to wait for another while.
    mutating func holdFirstAgain(at now: Duration, for time: Duration) {
        guard let look = looks.all.first else { return }
        looks.removeFirst()
        looks.append(Look(group: look.group, heldSince: look.heldSince, time: now + time))
    }

    /// The next group to be looked at; nil where none waits.
    mutating func nextLook(in jobs: GroupedJobs) -> Look? {
        looks.first { [waits] in Self.holds($0, jobs, waits) }
    }

    /// The first groups that wait, the longest waiting first.
    func firstLooks(_ most: Int, in jobs: GroupedJobs) -> [Look] {
        // Most of them are over where jobs are sent fast.
        Array(looks.all.prefix(64).lazy.filter { Self.holds($0, jobs, waits) }.prefix(most))
    }

    private static func holds(_ look: Look, _ jobs: GroupedJobs, _ waits: [Wait]) -> Bool {
        let group = look.group
        return jobs.has(group) && waits[group.index].stamp == group.stamp && !waits[group.index].isNone
            && waits[group.index].heldSince == look.heldSince
    }
}
