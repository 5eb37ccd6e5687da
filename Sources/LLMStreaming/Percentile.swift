/// A percentile by nearest rank: of values in ascending order, the first that at least so many per cent are not above.
///
/// It is always one of the values. `stats`, `bench`, the benchmarks and the view `latency` in the database use this
/// definition, so that they agree. Numbers are compared as the view does it, without a division that rounds.
package struct Percentile: Sendable {
    /// From 0, the least value, to 100, the greatest.
    package let percent: Int

    package init(_ percent: Int) {
        precondition((0...100).contains(percent), "a percentile of \(percent)")
        self.percent = percent
    }

    /// Whether the first `rank` values of `total` reach it.
    package func isReached(by rank: Int, of total: Int) -> Bool {
        rank > 0 && 100 * Double(rank) >= Double(percent) * Double(total)
    }

    /// The percentile of values in ascending order, each with its number of occurrences; nil where there are none.
    ///
    /// - Parameters:
    ///   - values: the values with their counts.
    ///   - total: the sum of the counts.
    package func value<Value>(of values: some Sequence<(value: Value, count: Int)>, total: Int) -> Value? {
        var rank = 0
        for (value, count) in values where count > 0 {
            rank = rank.addingClamped(count)
            if isReached(by: rank, of: total) { return value }
        }
        return nil
    }

    /// The percentile of values in any order; nil where there are none.
    package func value<Value: Comparable>(of values: [Value]) -> Value? {
        value(of: values.sorted().lazy.map { (value: $0, count: 1) }, total: values.count)
    }
}
