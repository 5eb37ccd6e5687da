/// Tries the ways in which a pattern may match, one after the other, as ECMA 262 describes it, within a bound of steps.
struct Backtracker {
    /// How many steps a match may take, besides 64 for each character: about 20 ms.
    private static let maximumSteps = 2_000_000
    /// How many ways and old values may be kept, of 16 bytes each.
    private static let maximumEntries = 1 << 20

    private let program: BacktrackProgram
    private let text: [UInt32]
    private var registers: [Int]
    private var entries: [BacktrackEntry] = []
    private var stepsLeft: Int
    /// What is tried, and where.
    private var instruction = 0
    private var place = 0

    private init(_ program: BacktrackProgram, _ text: [UInt32]) {
        self.program = program
        self.text = text
        registers = [Int](repeating: -1, count: program.registerCount)
        stepsLeft = Self.maximumSteps + 64 * text.count
    }

    /// Whether the program matches somewhere in the text.
    static func match(_ program: BacktrackProgram, _ text: [UInt32]) -> ECMARegex.Match {
        guard text.count < Int(Int32.max) else { return .tooComplex }
        var backtracker = Backtracker(program, text)
        for start in 0...(program.isAnchored ? 0 : text.count) {
            let match = backtracker.run(from: 0, at: start, isBackward: false)
            if match != .no { return match }
        }
        return .no
    }

    /// Tries from an instruction and place on, up to the next `match`; what is left to undo stays in `entries`.
    private mutating func run(from start: Int, at startPlace: Int, isBackward: Bool) -> ECMARegex.Match {
        let base = entries.count
        (instruction, place) = (start, startPlace)
        while true {
            stepsLeft -= 1
            guard stepsLeft >= 0, entries.count < Self.maximumEntries else { return .tooComplex }
            let goesOn: Bool
            switch program.instructions[instruction] {
            case .match: return .yes
            case .look(let look, let end):
                switch tryLook(look, end: end) {
                case .tooComplex: return .tooComplex
                case let outcome: goesOn = outcome == .yes
                }
            case let other: goesOn = step(other, isBackward: isBackward)
            }
            if !goesOn, !takeBack(to: base, isBackward: isBackward) { return .no }
        }
    }

    private mutating func tryLook(_ look: RegexLook, end: Int) -> ECMARegex.Match {
        let (head, here, base) = (instruction, place, entries.count)
        let outcome = run(from: head + 1, at: here, isBackward: !look.isAhead)
        (instruction, place) = (end, here)
        guard outcome == .yes else {
            return outcome == .tooComplex ? .tooComplex : look.isNegative ? .yes : .no
        }
        if look.isNegative {
            while entries.count > base, let entry = entries.popLast() { undo(entry) }
            return .no
        }
        // What it captured stays, and is undone with the way on which it stands; its own other ways are not tried.
        var kept = base
        for index in base..<entries.count where entries[index].kind == .value {
            entries[kept] = entries[index]
            kept += 1
        }
        entries.removeLast(entries.count - kept)
        return .yes
    }

    /// Does an instruction; false where this way fails.
    private mutating func step(_ operation: BacktrackProgram.Instruction, isBackward: Bool) -> Bool {
        switch operation {
        case .match, .look: return false  // `run` does them.
        case .set(let set):
            guard take(set, isBackward) else { return false }
        case .run(let set, let minimum, let maximum, let isGreedy):
            return run(of: set, minimum, maximum, isGreedy: isGreedy, isBackward)
        case .split(let one, let other):
            entries.append(BacktrackEntry(.way, other, place))
            instruction = one
            return true
        case .jump(let target):
            instruction = target
            return true
        case .assertion(let assertion):
            guard holds(assertion) else { return false }
        case .keep(let register): set(register, place)
        case .begin(let number): set(program.loops[number].counter, 0)
        case .loop(let number):
            loop(number)
            return true
        case .close(let number):
            let loop = program.loops[number]
            let count = registers[loop.counter]
            if count >= loop.bounds.minimum, place == registers[loop.place] { return false }
            set(loop.counter, count + 1)
            instruction = loop.head
            return true
        case .backReference(let groups):
            guard takeBackReference(groups, isBackward) else { return false }
        }
        instruction += 1
        return true
    }

    private mutating func loop(_ number: Int) {
        let loop = program.loops[number]
        let count = registers[loop.counter]
        if count < loop.bounds.minimum { return repeatLoop(loop) }
        guard count < loop.bounds.maximum else { return instruction = loop.exit }
        if loop.bounds.isGreedy {
            entries.append(BacktrackEntry(.way, loop.exit, place))
            repeatLoop(loop)
        } else {
            entries.append(BacktrackEntry(.repetition, number, place))
            instruction = loop.exit
        }
    }

    private mutating func repeatLoop(_ loop: BacktrackProgram.Loop) {
        set(loop.place, place)
        for register in 2 * loop.bounds.groups.lowerBound..<2 * loop.bounds.groups.upperBound
        where registers[register] != -1 {
            set(register, -1)
        }
        instruction = loop.head + 1
    }

    private mutating func set(_ register: Int, _ value: Int) {
        entries.append(BacktrackEntry(.value, register, registers[register]))
        registers[register] = value
    }

    /// Goes back to the newest way that was not tried; false where none is left above `base`.
    private mutating func takeBack(to base: Int, isBackward: Bool) -> Bool {
        while entries.count > base, let entry = entries.popLast() {
            let target = Int(entry.target)
            place = Int(entry.place)
            switch entry.kind {
            case .value:
                registers[target] = place
                continue
            case .way: instruction = target
            case .repetition: repeatLoop(program.loops[target])
            case .shorterRun:
                if entry.place != entry.limit {
                    entries.append(
                        BacktrackEntry(.shorterRun, target, place + (isBackward ? 1 : -1), limit: Int(entry.limit)))
                }
                instruction = target + 1
            case .longerRun:
                guard case .run(let set, _, _, _) = program.instructions[target], take(set, isBackward) else {
                    continue
                }
                if entry.limit > 1 {
                    entries.append(BacktrackEntry(.longerRun, target, place, limit: Int(entry.limit) - 1))
                }
                instruction = target + 1
            }
            return true
        }
        return false
    }

    private mutating func undo(_ entry: BacktrackEntry) {
        if entry.kind == .value { registers[Int(entry.target)] = Int(entry.place) }
    }
}

/// Taking characters.
extension Backtracker {
    private mutating func take(_ set: Int, _ isBackward: Bool) -> Bool {
        let index = isBackward ? place - 1 : place
        guard text.indices.contains(index), program.sets[set].contains(text[index]) else { return false }
        place += isBackward ? -1 : 1
        return true
    }

    private mutating func run(
        of set: Int, _ minimum: Int, _ maximum: Int, isGreedy: Bool, _ isBackward: Bool
    ) -> Bool {
        let start = place
        let most = isGreedy ? maximum : minimum
        var count = 0
        while count < most, take(set, isBackward) { count += 1 }
        stepsLeft -= count
        guard count >= minimum else { return false }
        if isGreedy, count > minimum {
            let sign = isBackward ? -1 : 1
            entries.append(BacktrackEntry(.shorterRun, instruction, place - sign, limit: start + sign * minimum))
        } else if !isGreedy, maximum > minimum {
            entries.append(BacktrackEntry(.longerRun, instruction, place, limit: maximum - minimum))
        }
        instruction += 1
        return true
    }

    private func holds(_ assertion: RegexAssertion) -> Bool {
        func isWord(_ index: Int) -> Bool { text.indices.contains(index) && ScalarSet.isWord(text[index]) }
        return switch assertion {
        case .start: place == 0
        case .end: place == text.count
        case .wordBoundary: isWord(place - 1) != isWord(place)
        case .noWordBoundary: isWord(place - 1) == isWord(place)
        }
    }

    private mutating func takeBackReference(_ groups: [Int], _ isBackward: Bool) -> Bool {
        guard let group = groups.first(where: { registers[2 * $0] >= 0 && registers[2 * $0 + 1] >= 0 }) else {
            return true
        }
        let (start, end) = (registers[2 * group], registers[2 * group + 1])
        let first = isBackward ? place - (end - start) : place
        stepsLeft -= end - start
        guard first >= 0, first + (end - start) <= text.count, text[start..<end] == text[first..<first + (end - start)]
        else { return false }
        place = isBackward ? first : first + (end - start)
        return true
    }
}
