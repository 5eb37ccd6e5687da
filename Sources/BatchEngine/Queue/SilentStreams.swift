/// The open streams of which nothing has come for so long that they may never end.
struct SilentStreams: Sendable, Equatable {
    private(set) var count = 0
    /// Since when the first of them is silent.
    private(set) var since: Duration?

    /// Takes one more.
    mutating func add(since start: Duration) {
        count += 1
        since = min(since ?? start, start)
    }

    /// Takes those of another.
    mutating func add(_ other: SilentStreams) {
        count += other.count
        since = [since, other.since].compactMap(\.self).min()
    }

    /// Takes the end of one.
    mutating func remove() {
        count -= 1
        if count == 0 { since = nil }
    }
}
