/// Which parts of a shared folder a reader needs: none whose rows another one holds too, unless that one cannot be read.
///
/// They are read one after the other: each that is `next` is either used or passed over.
package struct PartCover: Sendable {
    /// In the order in which they are read: by worker, then by number, of two that begin with the same number the one that
    /// holds more first.
    private let parts: [PartName]
    /// How many of them, from the first, were read, passed over, or held by one that was read.
    private var passed = 0
    private var used: [PartName] = []

    /// All that are there.
    package init(_ parts: some Sequence<PartName>) {
        // Of many thousands each name is made once.
        let named = Set(parts).map { (part: $0, text: $0.text) }
        self.parts = named.sorted { left, right in
            let (first, second) = (left.part, right.part)
            return (first.worker.text, first.numbers.lowerBound, second.numbers.upperBound, left.text)
                < (second.worker.text, second.numbers.lowerBound, first.numbers.upperBound, right.text)
        }.map { $0.part }
    }

    /// Those that may hold jobs of a shard, are not of these workers, and hold more than what was taken before.
    ///
    /// - Parameter taken: the greatest number up to which each worker's parts were taken.
    package init(
        _ parts: some Sequence<PartName>, of shard: JobShard, except workers: Set<WorkerName>,
        beyond taken: [WorkerName: Int]
    ) {
        self.init(
            parts.filter { part in
                part.mayHoldJobs(of: shard) && !workers.contains(part.worker)
                    && part.numbers.upperBound > taken[part.worker] ?? 0
            })
    }

    package var isEmpty: Bool { parts.isEmpty }

    /// Whether a part holds all that a later one in the order does; only the widest of those that begin before can.
    private static func holds(_ part: PartName?, _ later: PartName) -> Bool {
        guard let part else { return false }
        return part.worker == later.worker && later.numbers.upperBound <= part.numbers.upperBound
            && part.numbers != later.numbers
    }

    /// Those that were read and those that are to be, as far as is known by now.
    package var needed: [PartName] {
        var needed = used
        for part in parts[passed...] where !Self.holds(needed.last, part) { needed.append(part) }
        return needed
    }

    /// The next to be read; nil when all that is needed was read.
    package var next: PartName? { parts[passed...].first { !Self.holds(used.last, $0) } }

    /// Notes that the next part was read.
    package mutating func use(_ part: PartName) {
        passOver(part)
        used.append(part)
    }

    /// Notes that the next part cannot be read: those whose rows it holds are needed then.
    package mutating func passOver(_ part: PartName) {
        while passed < parts.count {
            defer { passed += 1 }
            if parts[passed] == part { return }
        }
    }

    /// Up to which number each worker's parts were read without a gap.
    ///
    /// - Parameter taken: where that was before.
    package func taken(since taken: [WorkerName: Int]) -> [WorkerName: Int] {
        var result = taken
        for part in used {
            let reached = result[part.worker] ?? 0
            if part.numbers.lowerBound - 1 <= reached { result[part.worker] = max(reached, part.numbers.upperBound) }
        }
        return result
    }
}
