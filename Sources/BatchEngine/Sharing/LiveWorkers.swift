/// Which workers of a shared folder live, told by whether their signs of life change while this process watches.
///
/// Only the reader's own clock counts: those of other machines may be an hour off. A listing may come late, so that a sign
/// is missing or an old one is seen again; a worker is therefore gone only when nothing new was seen of it for three of
/// its intervals, and a minute and a half at least, or when it has said so.
package struct LiveWorkers: Sendable {
    /// How many intervals without a new sign make a worker dead.
    static let patience = 3
    /// How long nothing new may be seen at least: a listing over a network may be as old as a minute, and a machine with much
    /// to do may be late.
    package static let leastPatience = Duration.seconds(90)

    private struct Seen {
        var number: Int
        /// When the number was first seen, on the reader's clock.
        var since: Duration
        var interval: Duration
    }

    private let own: WorkerName
    private let interval: Duration
    private let leastPatience: Duration
    private var seen: [WorkerName: Seen] = [:]
    private var ended: Set<WorkerName> = []
    /// When the folder was looked at last.
    private var newestLook: Duration?

    /// - Parameters:
    ///   - own: this process, which lives.
    ///   - interval: between two looks.
    ///   - leastPatience: less in tests only.
    package init(own: WorkerName, interval: Duration, leastPatience: Duration = Self.leastPatience) {
        self.own = own
        self.interval = interval
        self.leastPatience = leastPatience
    }

    /// Takes a listing of the folder.
    ///
    /// What cannot be listed tells nothing: the caller then leaves all as it is.
    /// - Parameter time: on a clock that only goes forward.
    package mutating func observe(_ heartbeats: some Sequence<Heartbeat>, at time: Duration) {
        if let newestLook {
            // Nobody was silent while nobody looked: when the folder was away, or this process stood still.
            let unwatched = max(.zero, time - newestLook - interval)
            if unwatched > .zero { for worker in Array(seen.keys) { seen[worker]?.since += unwatched } }
        }
        newestLook = time
        for heartbeat in heartbeats where heartbeat.worker != own {
            switch heartbeat.sign {
            case .ended: ended.insert(heartbeat.worker)
            case .alive(let number, let interval):
                if let known = seen[heartbeat.worker], known.number >= number { continue }
                seen[heartbeat.worker] = Seen(number: number, since: time, interval: interval)
            }
        }
    }

    /// How many live, this process included.
    ///
    /// One that was never seen before counts until it has had the time to give another sign: a limit is sooner spent in
    /// part than overdrawn.
    package func count(at time: Duration) -> Int {
        1
            + seen.count { worker, seen in
                let patience = max(max(seen.interval, interval) * Self.patience, leastPatience)
                return !ended.contains(worker) && time - seen.since < patience
            }
    }
}
