/// A linear automaton as a table of states: a step is one look-up, and a state from which no text matches is known.
///
/// A state is the index of its row in the table, which saves a multiplication at each character.
struct RegexTable: Sendable {
    /// The state from which no further text matches.
    static let dead: UInt16 = 0
    /// The state of a text that matches, whatever follows.
    let matched: UInt16

    /// At most this number of entries of two bytes, and of places in all states: what a pattern may hold and cost.
    private static let maximumEntries = 1 << 14
    private static let maximumWork = 1 << 15

    let start: UInt16
    private let classes: ScalarClasses
    /// In rows of one entry for each class, one row for each state.
    private let next: [UInt16]
    private let endsWell: [Bool]

    /// The table of an automaton; nil where it would be too large.
    init?(_ automaton: LinearAutomaton) {
        var builder = Builder(automaton)
        guard builder.build() else { return nil }
        classes = automaton.classes
        endsWell = builder.endsWell
        let alive = builder.aliveStates()
        let width = UInt16(truncatingIfNeeded: classes.count)
        matched = Builder.matched * width
        next = builder.next.map { alive[Int($0)] ? $0 * width : Self.dead }
        start = alive[Int(builder.start)] ? builder.start * width : Self.dead
    }

    func step(_ state: UInt16, over code: UInt32) -> UInt16 {
        next[Int(state) + classes.number(of: code)]
    }

    /// Whether a text that ends in a state matches.
    func matches(in state: UInt16) -> Bool { endsWell[Int(state) / classes.count] }

    /// Whether the UTF-8 text matches.
    func matches(_ text: Span<UInt8>) -> Bool {
        var state = start
        var index = 0
        while index < text.count, state > matched { state = step(state, over: text.scalar(at: &index)) }
        return matches(in: state)
    }

    /// Makes the states that can be reached, in the order in which they are found.
    private struct Builder {
        /// The numbers of the two states that have no places.
        static let dead: UInt16 = 0
        static let matched: UInt16 = 1

        let automaton: LinearAutomaton
        var next: [UInt16] = []
        var endsWell = [false, true]
        var start: UInt16 = 0
        private var states: [LinearAutomaton.Places] = []
        private var numbers: [LinearAutomaton.Places: UInt16] = [:]
        private var work = 0
        private var scratch: LinearAutomaton.Scratch

        init(_ automaton: LinearAutomaton) {
            self.automaton = automaton
            scratch = automaton.scratch()
        }

        /// Whether the table stays within the bounds.
        mutating func build() -> Bool {
            let width = automaton.classes.count
            next = [UInt16](repeating: Self.dead, count: width)
            next += [UInt16](repeating: Self.matched, count: width)
            start = number(of: automaton.start(&scratch))
            var following = LinearAutomaton.Places()
            var done = 0
            while done < states.count {
                guard (states.count + 2) * width <= RegexTable.maximumEntries else { return false }
                let places = states[done]
                for number in 0..<width {
                    work += places.list.count + 1
                    guard work <= RegexTable.maximumWork else { return false }
                    automaton.step(places, over: number, into: &following, &scratch)
                    next.append(self.number(of: following))
                }
                done += 1
            }
            return true
        }

        private mutating func number(of places: LinearAutomaton.Places) -> UInt16 {
            if places.isMatch { return Self.matched }
            var places = places
            places.list.sort()
            if let known = numbers[places] { return known }
            let number = UInt16(truncatingIfNeeded: states.count + 2)
            numbers[places] = number
            states.append(places)
            endsWell.append(automaton.matches(at: places, &scratch))
            return number
        }

        /// The states from which some text matches.
        func aliveStates() -> [Bool] {
            let width = automaton.classes.count
            var sources = [[UInt16]](repeating: [], count: states.count + 2)
            for state in 2..<states.count + 2 {
                for target in Set(next[state * width..<(state + 1) * width]) {
                    sources[Int(target)].append(UInt16(truncatingIfNeeded: state))
                }
            }
            var alive = endsWell
            var open = alive.indices.filter { alive[$0] }
            while let state = open.popLast() {
                for source in sources[state] where !alive[Int(source)] {
                    alive[Int(source)] = true
                    open.append(Int(source))
                }
            }
            return alive
        }
    }
}
