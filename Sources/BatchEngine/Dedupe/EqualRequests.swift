/// The requests that are on their way in a run, each with the jobs that wait for its answer since they ask the same
/// (Contract, "Equal requests").
///
/// A request is in it from when the first job that asks it is read until that has ended, or is not sent any more. It grows
/// with the jobs that wait, by some 30 bytes each, and with those that failed in this run, by 40.
struct EqualRequests: Sendable {
    /// What becomes of a job that was read.
    enum Place: Equatable {
        /// It is sent, for all that ask the same.
        case sends
        /// It waits for the one that is sent, or to be given the end of one that has ended.
        case waits
    }

    /// Jobs of one request that wait no longer.
    struct Release: Sendable {
        /// What they ask, as they were when they were read.
        let key: RequestKey
        var jobs: ArraySlice<Int64>
        /// The job whose end they are given; nil where one of them is to be sent.
        var end: Int64?
        /// Whether that ended before this run, which has not judged its answer.
        var isEarlier = false
    }

    private struct Leader: Sendable {
        let jobID: Int64
        var followers: ArraySlice<Int64> = []
    }

    private var leaders: [RequestKey: Leader] = [:]
    private var keys: [Int64: RequestKey] = [:]
    /// The ends that the store would not tell: of jobs that failed in this run, and of those whose request had an earlier
    /// answer that is not right any more.
    private var ends: [RequestKey: Int64] = [:]
    /// The requests whose earlier answers are not right in this run.
    private var refused: Set<RequestKey> = []
    /// The jobs that wait.
    private var following: Set<Int64> = []
    private var released: [Release] = []
    /// How many jobs wait no longer, and were not taken up again.
    private(set) var releasedCount = 0

    /// Whether the store is to be asked for an earlier answer before it is known what becomes of those who ask this.
    func isUnknown(_ key: RequestKey) -> Bool {
        leaders[key] == nil && ends[key] == nil && !refused.contains(key)
    }

    // MARK: Jobs that are read

    /// Finds the place of a job that was read; one that is sent is noted as such.
    ///
    /// - Parameter earlier: a job that has its answer and asked the same; nil where none has.
    mutating func place(_ id: Int64, _ key: RequestKey, earlier: EarlierEnd?) -> Place {
        if following.contains(id) { return .waits }
        forgetOther(id, key)
        if let leader = leaders[key]?.jobID {
            guard leader != id else { return .sends }
            leaders[key]?.followers.append(id)
        } else if let end = ends[key] {
            add(Release(key: key, jobs: [id], end: end))
        } else if let earlier {
            add(Release(key: key, jobs: [id], end: earlier.jobID, isEarlier: !earlier.isOfThisRun))
        } else {
            lead(id, key)
            return .sends
        }
        following.insert(id)
        return .waits
    }

    /// Notes a job that is sent, whatever others do: those that ask the same wait for it, unless they wait for another.
    mutating func lead(_ id: Int64, _ key: RequestKey) {
        forgetOther(id, key)
        if leaders[key] != nil { return }
        leaders[key] = Leader(jobID: id)
        keys[id] = key
    }

    /// A job may ask something else by now.
    private mutating func forgetOther(_ id: Int64, _ key: RequestKey) {
        if let old = keys[id], old != key { giveUp(id) }
    }

    // MARK: Jobs that end

    /// Notes that a job has ended: those that waited for it are given its end.
    mutating func end(_ id: Int64, isFailed: Bool) {
        guard let key = keys[id] else { return }
        ends[key] = isFailed || refused.contains(key) ? id : nil
        release(id, end: id)
    }

    /// Notes that a job is not sent any more: another one is, for those that waited for it.
    mutating func giveUp(_ id: Int64) { release(id, end: nil) }

    private mutating func release(_ id: Int64, end: Int64?) {
        guard let key = keys.removeValue(forKey: id), let leader = leaders.removeValue(forKey: key) else { return }
        add(Release(key: key, jobs: leader.followers, end: end))
    }

    // MARK: Jobs that wait no longer

    private mutating func add(_ release: Release) {
        if release.jobs.isEmpty { return }
        // A page of jobs may well ask one thing that was answered.
        if released.last?.isLike(release) == true {
            releasedCount += release.jobs.count
            released[released.count - 1].jobs += release.jobs
        } else {
            putBack(release)
        }
    }

    /// Removes the next jobs that wait no longer.
    mutating func takeReleased() -> Release? {
        guard var release = released.popLast() else { return nil }
        releasedCount -= release.jobs.count
        if release.isEarlier, refused.contains(release.key) { (release.end, release.isEarlier) = (nil, false) }
        return release
    }

    /// Takes back what is left of jobs that wait no longer.
    mutating func putBack(_ release: Release) {
        if release.jobs.isEmpty { return }
        releasedCount += release.jobs.count
        released.append(release)
    }

    /// Notes that the end of a job is not for those that ask this: one of them is to be sent.
    mutating func refuse(_ release: Release) {
        if ends[release.key] == release.end { ends[release.key] = nil }
        if release.isEarlier { refused.insert(release.key) }
        putBack(Release(key: release.key, jobs: release.jobs))
    }

    /// Has jobs wait for the one that is sent by now, or be given its end; false where there is none.
    mutating func join(_ release: Release) -> Bool {
        if leaders[release.key] != nil {
            leaders[release.key]?.followers += release.jobs
        } else if let end = ends[release.key] {
            putBack(Release(key: release.key, jobs: release.jobs, end: end))
        } else {
            return false
        }
        return true
    }

    /// Notes that the end of a job is none that others can take, though it told one.
    mutating func forget(_ end: Int64, of key: RequestKey) {
        if ends[key] == end { ends[key] = nil }
    }

    /// Has others sent for those that wait for a job which is not in work.
    ///
    /// - Returns: whether there are any.
    mutating func giveUpAll(but isInWork: (Int64) -> Bool) -> Bool {
        for (id, key) in keys where !isInWork(id) && leaders[key]?.followers.isEmpty == false { giveUp(id) }
        return releasedCount > 0
    }

    /// Notes that jobs do not wait any more.
    mutating func leave(_ jobs: some Sequence<Int64>) { following.subtract(jobs) }
}

extension EqualRequests.Release {
    fileprivate func isLike(_ other: Self) -> Bool {
        (key, end, isEarlier) == (other.key, other.end, other.isEarlier)
    }
}
