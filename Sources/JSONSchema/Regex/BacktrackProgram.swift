/// A pattern as a program for the backtracking matcher: ECMA 262's continuations, written out as jumps.
struct BacktrackProgram: Sendable {
    enum Instruction: Sendable {
        case set(Int)
        /// Code points of a set, as many as the bounds say: most repetitions, without an entry for each.
        case run(Int, minimum: Int, maximum: Int, isGreedy: Bool)
        /// Tries one, then the other.
        case split(Int, Int)
        case jump(Int)
        case assertion(RegexAssertion)
        /// Keeps the place in a register.
        case keep(Int)
        /// Begins a repetition: its counter is zero.
        case begin(Int)
        /// Tries one more repetition, or goes on at `exit`.
        case loop(Int)
        /// A repetition's end: fails where it took nothing and was not asked for.
        case close(Int)
        /// Tries what follows up to `end`, backwards where it looks behind, and goes on there.
        case look(RegexLook, end: Int)
        case backReference([Int])
        /// The end of the pattern, or of a look-around.
        case match
    }

    /// What a repetition with a counter needs.
    struct Loop: Sendable {
        var bounds: RegexBounds
        /// The registers of its counter and of the place where the repetition began.
        var counter: Int
        var place: Int
        /// The instruction `loop`, and the one behind the repetition.
        var head: Int
        var exit: Int
    }

    private(set) var instructions: [Instruction] = []
    private(set) var sets: [ScalarSet] = []
    private(set) var loops: [Loop] = []
    /// How many registers there are: two for each group, then those of loops.
    ///
    /// A group's beginning is at twice its number, which counts from one, and its end behind that.
    private(set) var registerCount: Int
    let isAnchored: Bool
    private var numbers: [ScalarSet: Int] = [:]

    init(_ root: RegexNode, groupCount: Int) {
        registerCount = 2 * (groupCount + 1)
        isAnchored = root.isAnchored
        emit(root, isBackward: false)
        instructions.append(.match)
    }

    private mutating func number(of set: ScalarSet) -> Int {
        if let known = numbers[set] { return known }
        sets.append(set)
        numbers[set] = sets.count - 1
        return sets.count - 1
    }

    private mutating func emit(_ node: RegexNode, isBackward: Bool) {
        switch node {
        case .empty: break
        case .set(let set): instructions.append(.set(number(of: set)))
        case .assertion(let assertion): instructions.append(.assertion(assertion))
        case .backReference(let groups): instructions.append(.backReference(groups))
        case .sequence(let parts):
            if isBackward {
                for part in parts.reversed() { emit(part, isBackward: true) }
            } else {
                for part in parts { emit(part, isBackward: false) }
            }
        case .group(let body, let number):
            instructions.append(.keep(2 * number + (isBackward ? 1 : 0)))
            emit(body, isBackward: isBackward)
            instructions.append(.keep(2 * number + (isBackward ? 0 : 1)))
        case .alternatives(let parts): emit(alternatives: parts, isBackward: isBackward)
        case .repeated(.set(let set), let bounds):
            instructions.append(
                .run(
                    number(of: set), minimum: bounds.minimum, maximum: bounds.maximum, isGreedy: bounds.isGreedy))
        case .repeated(let body, let bounds):
            let number = loops.count
            loops.append(
                Loop(
                    bounds: bounds, counter: registerCount, place: registerCount + 1, head: instructions.count + 1,
                    exit: 0))
            registerCount += 2
            instructions += [.begin(number), .loop(number)]
            emit(body, isBackward: isBackward)
            instructions.append(.close(number))
            loops[number].exit = instructions.count
        case .look(let body, let look):
            let head = instructions.count
            instructions.append(.look(look, end: 0))
            emit(body, isBackward: !look.isAhead)
            instructions.append(.match)
            instructions[head] = .look(look, end: instructions.count)
        }
    }

    private mutating func emit(alternatives parts: [RegexNode], isBackward: Bool) {
        var ends: [Int] = []
        for part in parts.dropLast() {
            let split = instructions.count
            instructions.append(.jump(0))
            emit(part, isBackward: isBackward)
            ends.append(instructions.count)
            instructions.append(.jump(0))
            instructions[split] = .split(split + 1, instructions.count)
        }
        if let last = parts.last { emit(last, isBackward: isBackward) }
        for end in ends { instructions[end] = .jump(instructions.count) }
    }
}
