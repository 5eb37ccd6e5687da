/// Follows all places of a linear program at once: its time is linear in the text, whatever the pattern.
struct LinearAutomaton: Sendable {
    /// Where a match may be: the instructions that wait for a character, or for what comes next.
    ///
    /// An assertion about the next character stays in the list until that is known.
    struct Places: Sendable, Hashable {
        var list: [Int32] = []
        /// What goes before: kept only where an assertion in the list may ask for it.
        var follows = Before.other
        /// Whether the match is there, whatever comes: then the list is empty.
        var isMatch = false
    }

    /// What goes before a place.
    enum Before: Sendable, Hashable { case start, word, other }
    /// What comes at a place.
    private enum After { case unknown, word, other, end }

    let program: LinearProgram
    let classes: ScalarClasses

    /// The automaton of a pattern; nil where its program would be too long.
    init?(_ root: RegexNode) {
        guard let program = LinearProgram(root) else { return nil }
        let tellsWords = program.instructions.contains { instruction in
            if case .assertion(let assertion) = instruction {
                assertion == .wordBoundary || assertion == .noWordBoundary
            } else {
                false
            }
        }
        guard let classes = ScalarClasses(program.sets, tellsWords: tellsWords) else { return nil }
        self.program = program
        self.classes = classes
    }

    /// Lists that a walk fills anew at each character.
    struct Scratch {
        fileprivate var stack: [Int] = []
        /// For each instruction the number of the walk that met it last.
        fileprivate var met: [UInt32]
        fileprivate var walk: UInt32 = 0
        fileprivate var ready = Places()
    }

    func scratch() -> Scratch { Scratch(met: [UInt32](repeating: 0, count: program.instructions.count)) }

    /// The places before the first character.
    func start(_ scratch: inout Scratch) -> Places {
        var places = Places()
        beginWalk(&scratch)
        walk(from: 0, before: .start, after: .unknown, into: &places, &scratch)
        return settled(places, before: .start)
    }

    /// Sets the places that follow those of another list through a character of a class; a match may also begin behind
    /// it, since patterns are searched.
    func step(_ places: Places, over number: Int, into next: inout Places, _ scratch: inout Scratch) {
        resolve(places, classes.isWord(number) ? .word : .other, &scratch)
        next.list.removeAll(keepingCapacity: true)
        next.follows = .other
        next.isMatch = scratch.ready.isMatch
        guard !next.isMatch else { return }
        let before = classes.isWord(number) ? Before.word : .other
        beginWalk(&scratch)
        for place in scratch.ready.list {
            guard case .set(let set) = program.instructions[Int(place)], classes.set(set, holds: number) else {
                continue
            }
            walk(from: Int(place) + 1, before: before, after: .unknown, into: &next, &scratch)
        }
        walk(from: 0, before: before, after: .unknown, into: &next, &scratch)
        next = settled(next, before: before)
    }

    /// Whether a text that ends at these places matches.
    func matches(at places: Places, _ scratch: inout Scratch) -> Bool {
        resolve(places, .end, &scratch)
        return scratch.ready.isMatch
    }

    /// How many places may be looked at, besides 64 for each character: about 0.1 s.
    private static let maximumSteps = 5_000_000

    /// Whether the text matches.
    func match(_ text: [UInt32]) -> ECMARegex.Match {
        var scratch = scratch()
        var places = start(&scratch)
        var next = Places()
        var steps = 0
        for (index, code) in text.enumerated() {
            if places.isMatch { return .yes }
            steps += places.list.count
            guard steps <= Self.maximumSteps + 64 * index else { return .tooComplex }
            step(places, over: classes.number(of: code), into: &next, &scratch)
            swap(&places, &next)
        }
        return places.isMatch || matches(at: places, &scratch) ? .yes : .no
    }

    private func beginWalk(_ scratch: inout Scratch) {
        scratch.walk += 1
        guard scratch.walk == UInt32.max else { return }
        scratch.met = [UInt32](repeating: 0, count: scratch.met.count)
        scratch.walk = 1
    }

    /// Fills `scratch.ready` with the places that wait for a character, once it is known what comes.
    private func resolve(_ places: Places, _ after: After, _ scratch: inout Scratch) {
        scratch.ready.list.removeAll(keepingCapacity: true)
        scratch.ready.isMatch = places.isMatch
        var ready = Places()
        swap(&ready, &scratch.ready)
        beginWalk(&scratch)
        for place in places.list {
            walk(from: Int(place), before: places.follows, after: after, into: &ready, &scratch)
        }
        swap(&ready, &scratch.ready)
    }

    private func settled(_ places: Places, before: Before) -> Places {
        var places = places
        if places.isMatch { places.list.removeAll(keepingCapacity: true) }
        let asks = places.list.contains { place in
            if case .assertion = program.instructions[Int(place)] { true } else { false }
        }
        places.follows = asks ? before : .other
        return places
    }

    /// Adds what can be reached from an instruction without taking a character.
    private func walk(
        from start: Int, before: Before, after: After, into places: inout Places, _ scratch: inout Scratch
    ) {
        scratch.stack.append(start)
        while let place = scratch.stack.popLast() {
            guard scratch.met[place] != scratch.walk else { continue }
            scratch.met[place] = scratch.walk
            switch program.instructions[place] {
            case .set: places.list.append(Int32(truncatingIfNeeded: place))
            case .split(let one, let other):
                scratch.stack.append(other)
                scratch.stack.append(one)
            case .jump(let target): scratch.stack.append(target)
            case .match: places.isMatch = true
            case .assertion(.start): if before == .start { scratch.stack.append(place + 1) }
            case .assertion(let assertion):
                switch Self.holds(assertion, before, after) {
                case nil: places.list.append(Int32(truncatingIfNeeded: place))
                case true?: scratch.stack.append(place + 1)
                case false?: break
                }
            }
        }
    }

    /// Whether an assertion about what comes holds; nil where that is not known yet.
    private static func holds(_ assertion: RegexAssertion, _ before: Before, _ after: After) -> Bool? {
        guard after != .unknown else { return nil }
        let isBoundary = (before == .word) != (after == .word)
        return switch assertion {
        case .start: before == .start
        case .end: after == .end
        case .wordBoundary: isBoundary
        case .noWordBoundary: !isBoundary
        }
    }
}
