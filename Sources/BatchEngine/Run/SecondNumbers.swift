/// The numbers of a run's seconds: they follow the time of day, but not back.
///
/// A date that is set back would give the numbers of seconds that are written already, and none for as long as it was set
/// back by.
package struct SecondNumbers: Sendable {
    /// The most by which the time of day was ahead of the run's clock, in milliseconds.
    private var offset: Int64?

    package init() {}

    /// The second, in Unix seconds.
    ///
    /// - Parameters:
    ///   - elapsed: by a clock that nobody sets.
    ///   - unixMilliseconds: the time of day.
    package mutating func second(after elapsed: Duration, unixMilliseconds: Int64) -> Int64 {
        let elapsed = elapsed.pastMilliseconds
        let told = TimeOfDay.believed(unixMilliseconds) - elapsed
        let offset = max(offset ?? told, told)
        self.offset = offset
        return (elapsed + offset) / 1000
    }
}
