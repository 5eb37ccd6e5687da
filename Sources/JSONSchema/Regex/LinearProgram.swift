/// A pattern without look-arounds and back references as an automaton's program: Thompson's construction.
///
/// A repetition with bounds is written out, since a place in the program is then all that a match has to remember. Where
/// that takes more than `maximumLength` instructions there is no such program, and the pattern is tried by backtracking.
struct LinearProgram: Sendable {
    enum Instruction: Sendable {
        /// One code point of the set of that number; goes on with the next instruction.
        case set(Int)
        /// Goes on with both.
        case split(Int, Int)
        case jump(Int)
        case assertion(RegexAssertion)
        case match
    }

    /// At most this number of instructions, 17 bytes each: a `{0,10000}` of one set fits, a `{0,65535}` does not.
    static let maximumLength = 24_000

    private(set) var instructions: [Instruction] = []
    private(set) var sets: [ScalarSet] = []
    private var numbers: [ScalarSet: Int] = [:]

    /// The program of a pattern; nil where it would be too long.
    init?(_ root: RegexNode) {
        guard Self.length(of: root) < Self.maximumLength else { return nil }
        emit(root)
        instructions.append(.match)
    }

    /// How many instructions a node takes, at most about the bound.
    private static func length(of node: RegexNode) -> Int {
        switch node {
        case .empty: return 0
        case .set, .assertion: return 1
        case .sequence(let parts): return parts.reduce(0) { min($0 + length(of: $1), maximumLength) }
        case .alternatives(let parts): return parts.reduce(0) { min($0 + length(of: $1) + 2, maximumLength) }
        case .group(let body, _): return length(of: body)
        case .repeated(let body, let bounds):
            let copies = bounds.maximum == .max ? bounds.minimum + 1 : bounds.maximum
            let (length, isOver) = (length(of: body) + 1).multipliedReportingOverflow(by: copies)
            return isOver ? maximumLength : min(length + 1, maximumLength)
        // Never asked for: the pattern is not linear.
        case .look, .backReference: return maximumLength
        }
    }

    private mutating func emit(_ node: RegexNode) {
        switch node {
        case .empty, .look, .backReference: break
        case .set(let set):
            let number = numbers[set] ?? sets.count
            if number == sets.count {
                sets.append(set)
                numbers[set] = number
            }
            instructions.append(.set(number))
        case .assertion(let assertion): instructions.append(.assertion(assertion))
        case .sequence(let parts): for part in parts { emit(part) }
        case .group(let body, _): emit(body)
        case .alternatives(let parts):
            var ends: [Int] = []
            for (number, part) in parts.enumerated() {
                let split = instructions.count
                if number < parts.count - 1 { instructions.append(.jump(0)) }
                emit(part)
                guard number < parts.count - 1 else { break }
                ends.append(instructions.count)
                instructions.append(.jump(0))
                instructions[split] = .split(split + 1, instructions.count)
            }
            for end in ends { instructions[end] = .jump(instructions.count) }
        case .repeated(let body, let bounds): emit(body, bounds)
        }
    }

    private mutating func emit(_ body: RegexNode, _ bounds: RegexBounds) {
        for _ in 0..<bounds.minimum { emit(body) }
        if bounds.maximum == .max {
            let split = instructions.count
            instructions.append(.jump(0))
            emit(body)
            instructions.append(.jump(split))
            instructions[split] = .split(split + 1, instructions.count)
            return
        }
        var splits: [Int] = []
        for _ in bounds.minimum..<bounds.maximum {
            splits.append(instructions.count)
            instructions.append(.jump(0))
            emit(body)
        }
        for split in splits { instructions[split] = .split(split + 1, instructions.count) }
    }
}
