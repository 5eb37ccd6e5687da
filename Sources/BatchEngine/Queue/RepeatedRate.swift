/// A rate that cycle after cycle gives again: requests taken between refusals that each stand alone.
///
/// A limit that is hardly passed refuses one request at a time, and what it takes in between agrees with its rate;
/// what is taken between refusals by chance does not: half of these cycles differ more than threefold.
struct RepeatedRate: Sendable {
    private var perSecond = 0.0
    private var cycles = 0

    /// So many cycles that agree are a limit.
    private static let enough = 3

    /// Follows a change of the worker's share.
    mutating func scale(by factor: Double) { perSecond *= factor }

    /// Whether so many agreed.
    var isOfLimit: Bool { cycles >= Self.enough }

    /// Records a cycle.
    ///
    /// - Returns: whether it agrees with the one before, to a tenth or one request; true for the first.
    mutating func add(requests: Double, seconds: Double) -> Bool {
        let agrees = cycles == 0 || abs(requests - perSecond * seconds) <= max(1, requests / 10)
        cycles = agrees ? cycles + 1 : 1
        perSecond = requests / seconds
        return agrees
    }
}
