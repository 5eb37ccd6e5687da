import LLMStreaming

/// The open streams of which nothing has come for so long that they may never end.
struct SilentStreams: Sendable, Equatable {
    private(set) var count = 0
    /// Since when the first of them is silent.
    private(set) var since: Duration?

    /// Adds one.
    mutating func add(since start: Duration) {
        count += 1
        since = min(since ?? start, start)
    }

    /// Adds those of another.
    mutating func add(_ other: SilentStreams) {
        count += other.count
        since = [since, other.since].compactMap(\.self).min()
    }

    /// Records the end of one.
    mutating func remove() {
        count -= 1
        if count == 0 { since = nil }
    }
}

/// How long the answers of a model were silent, and so how long a stream may be before it counts as one that may never
/// end: longer than 10 s and than five times the p99 of its answers so far.
///
/// The p99 is taken of the longest silence of each whole answer: the time to its first content, or a gap behind that.
/// Counts in buckets of a quarter of an octave, so that some dozens of numbers hold any number of answers; those of the
/// older half fade.
struct Silences: Sendable {
    private static let least = Duration.seconds(10)
    private static let factor = 5
    /// So many answers are distinguished; then all counts are halved.
    private static let most = 1024

    private var counts: [Int] = []
    private var total = 0

    /// Records the longest silence of an answer.
    mutating func add(_ silence: Duration) {
        let bucket = GapHistogram.bucket(Int64(min(1e12, max(0, silence.seconds * 1e6))))
        if bucket >= counts.count { counts += Array(repeating: 0, count: bucket + 1 - counts.count) }
        counts[bucket] += 1
        total += 1
        guard total >= Self.most else { return }
        counts = counts.map { $0 / 2 }
        total = counts.reduce(0, +)
    }

    /// How long a stream may be silent.
    var bound: Duration { max(Self.least, p99 * Self.factor) }

    /// The upper end of the bucket in which the p99 lies; zero where there is no answer yet.
    private var p99: Duration {
        let buckets = counts.enumerated().lazy.map { (value: $0.offset, count: $0.element) }
        guard let bucket = Percentile(99).value(of: buckets, total: total) else { return .zero }
        return .microseconds(GapHistogram.lowerBound(bucket + 1))
    }
}

/// What has come of a stream, as it is seen from outside now and then.
struct StreamActivity {
    /// The chunks so far.
    var chunks: Int
    /// Whether no more is read at the moment, since the store has no room.
    var isHeldBack: Bool
}

/// Open streams that are silent: they may never end, so that nothing may wait for them.
///
/// Nobody takes the time as chunks come: all open streams are looked at, once a second, while something waits for them.
extension Admission {
    /// When open streams are to be looked at again; nil where nothing depends on it.
    ///
    /// Where all streams are open that the user allows, who waits for one is told how many of them are silent.
    var nextLook: Duration? {
        if pending.isWatched || silentCount > 0 || width.isFound { return lastLook + .seconds(1) }
        return pending.isFull || pending.isAtBound ? lastLook + .seconds(5) : nil
    }

    /// The silent streams of all providers.
    var silent: SilentStreams {
        providers.all.reduce(into: SilentStreams()) { sum, provider in
            for endpoint in provider.endpoints { sum.add(endpoint.limiter.silent) }
        }
    }

    /// Looks at the open streams.
    ///
    /// - Parameter activity: what has come of a job's stream; nil before it is sent.
    mutating func look(at now: Duration, activity: (_ jobID: Int64) -> StreamActivity?) {
        lastLook = now
        silentCount = 0
        for provider in providers.all {
            provider.beginLook()
        }
        var index = attempts.startIndex
        while index != attempts.endIndex {
            let (id, attempt) = attempts[index]
            if attempt.isOpen {
                let (seen, bound) = (activity(id), providers[attempt.place].silenceBound)
                attempts.values[index].look(seen, bound: bound, at: now)
                count(attempts.values[index], at: now)
            }
            attempts.formIndex(after: &index)
        }
        if width.isFound { findWidths(at: now) }
    }

    private mutating func count(_ attempt: AdmittedAttempt, at now: Duration) {
        let provider = providers[attempt.place.provider]
        if attempt.isSilent {
            silentCount += 1
            provider.changeSilence(of: attempt) { $0.add(since: attempt.quietSince) }
        }
        let endpoint = provider.endpoints[attempt.endpoint]
        endpoint.found?.add(attempt, at: now)
        if attempt.chunks > 0, endpoint.isOut(attempt.place.model) { endpoint.answered(attempt, at: now) }
    }

    /// Records that a stream is not silent any more: it ended, or begins anew.
    mutating func endSilence(_ jobID: Int64) {
        guard let attempt = attempts[jobID], attempt.isSilent else { return }
        attempts[jobID]?.isSilent = false
        silentCount -= 1
        providers[attempt.place.provider].changeSilence(of: attempt) { $0.remove() }
    }
}

extension ProviderState {
    /// Its open streams are about to be looked at.
    fileprivate func beginLook() {
        total?.silent = SilentStreams()
        for model in models { model.beginLook() }
        for endpoint in endpoints {
            endpoint.limiter.silent = SilentStreams()
            endpoint.found?.beginLook()
            for model in endpoint.models { model.limiter.silent = SilentStreams() }
        }
    }

    /// Notes that a stream is silent, or is so no more, wherever it is counted.
    fileprivate func changeSilence(of attempt: AdmittedAttempt, _ change: (inout SilentStreams) -> Void) {
        let endpoint = endpoints[attempt.endpoint]
        change(&endpoint.limiter.silent)
        change(&endpoint.models[attempt.place.model].limiter.silent)
        if var bounded = total {
            total = nil
            change(&bounded.silent)
            total = bounded
        }
    }
}

extension AdmittedAttempt {
    fileprivate mutating func look(_ activity: StreamActivity?, bound: Duration, at now: Duration) {
        if let activity, activity.isHeldBack || activity.chunks != chunks {
            (chunks, quietSince) = (activity.chunks, now)
        }
        isSilent = now - quietSince > bound
    }
}
