/// The numbers of a worker's parts, and since when each holds what has changed.
///
/// Each part holds what changed since the one before. Beside each eighth another one is due that holds what the seven before
/// it do too, beside each 64th what the 63 before it do, and so on: of a thousand parts a reader needs some twenty.
package struct PartNumbers<State: Sendable>: Sendable {
    /// How many parts a wide one stands for.
    private static var base: Int { 8 }

    /// What was published with a part, by its number; 0 is before the first.
    private var states: [Int: State?] = [0: nil]
    private var published = 0
    /// Where the newest part that was published begins.
    private var newestBeginning = 0
    /// The number of the next part; one that could not be written keeps its own.
    package private(set) var next = 1

    package init() {}

    /// The numbers that the next part stands for: with its own those of parts that could not be written.
    package var numbers: ClosedRange<Int> { published + 1...next }

    /// What was published last; nil for nothing.
    package var newest: State? { state(at: published) }

    /// What a part beside the newest one is to stand for, and what was published before that, nil for nothing; nil where none
    /// is due.
    package var wide: (numbers: ClosedRange<Int>, since: State?)? {
        let level = Self.levels(of: published).last { published % $0 == 0 } ?? 1
        let beginning = published - level + 1
        guard beginning < newestBeginning else { return nil }
        return (beginning...published, state(at: beginning - 1))
    }

    /// Notes that the next part is in the folder.
    package mutating func didPublish(_ state: State) {
        newestBeginning = published + 1
        states[next] = state
        published = next
        next += 1
        // The first eighth, and the first of each higher level, begins before the first part.
        let kept = Set(Self.levels(of: published).map { key(at: published / $0 * $0) } + [0])
        let wide = wide.map { key(at: $0.numbers.lowerBound - 1) }
        states = states.filter { kept.contains($0.key) || $0.key == wide }
    }

    /// Notes that it is not, or not whole: its name is used up.
    package mutating func didFail() { next += 1 }

    private static func levels(of number: Int) -> [Int] {
        var levels = [1]
        while let last = levels.last, last <= number / base { levels.append(last * base) }
        return levels
    }

    private func state(at number: Int) -> State? { states[key(at: number)].flatMap(\.self) }

    /// The newest part up to a number that could be written.
    private func key(at number: Int) -> Int { states.keys.filter { $0 <= number }.max() ?? 0 }
}
