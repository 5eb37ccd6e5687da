/// A regular expression as JSON Schema's `pattern` has it: ECMA 262's syntax and meaning with flag `u`, searched for
/// and not anchored, over code points.
///
/// What only the syntax without `u` allows, such as `\-` or a lone `]`, means what it means there (annex B). Case folding,
/// flags inside of the pattern, scripts in `\p{…}` and strings in classes (flag `v`) are not supported.
///
/// Patterns without look-arounds and back references take time linear in the text. The others, and those whose bounds
/// write out to more than about 24,000 places, as `{0,65535}` does, are tried by backtracking within a bound of steps.
package struct ECMARegex: Sendable {
    /// Whether a text matches.
    package enum Match: Sendable, Equatable {
        /// It matches.
        case yes
        /// It does not match.
        case no
        /// It was not found out within the bound of steps, or of memory: 16 MB.
        case tooComplex
    }

    private enum Engine {
        case table(RegexTable)
        case automaton(LinearAutomaton)
        case backtracking(BacktrackProgram)
    }

    /// The pattern as it was written.
    package let pattern: String
    private let engine: Engine

    /// The regular expression of a pattern.
    package init(_ pattern: String) throws(RegexFault) {
        self.pattern = pattern
        let (root, groupCount) = try RegexParser.parse(pattern)
        if !root.needsBacktracking, let automaton = LinearAutomaton(root) {
            engine = RegexTable(automaton).map(Engine.table) ?? .automaton(automaton)
        } else {
            engine = .backtracking(BacktrackProgram(root, groupCount: groupCount))
        }
    }

    /// Whether the pattern matches somewhere in the text.
    package func match(_ text: String) -> Match {
        var text = text
        return text.withUTF8 { unsafe match(utf8: $0.span) }
    }

    /// Whether the pattern matches somewhere in the code points.
    package func match(_ text: some Sequence<Unicode.Scalar>) -> Match { match(codes: text.map(\.value)) }

    /// Whether the pattern matches somewhere in the UTF-8 text; a byte that begins no character counts as U+FFFD.
    package func match(utf8 text: Span<UInt8>) -> Match {
        if case .table(let table) = engine { return table.matches(text) ? .yes : .no }
        var codes: [UInt32] = []
        codes.reserveCapacity(text.count)
        var index = 0
        while index < text.count { codes.append(text.scalar(at: &index)) }
        return match(codes: codes)
    }

    private func match(codes: [UInt32]) -> Match {
        switch engine {
        case .table(let table):
            var state = table.start
            for code in codes where state > table.matched { state = table.step(state, over: code) }
            return table.matches(in: state) ? .yes : .no
        case .automaton(let automaton): return automaton.match(codes)
        case .backtracking(let program): return Backtracker.match(program, codes)
        }
    }
}

/// Matching while a text comes in.
extension ECMARegex {
    /// What is known of a text after a part of it.
    package enum Outlook: Sendable, Equatable {
        /// It matches, whatever follows.
        case matched
        /// Some texts that go on from here match; `now` says whether the text does where it ends here.
        case open(now: Bool)
        /// No text that begins like this matches.
        case impossible
    }

    /// How far a text has come: two bytes.
    package struct Progress: Sendable, Hashable {
        fileprivate var state: UInt16
    }

    /// Before the first character; nil for a pattern that cannot be followed: one with look-arounds or back references,
    /// or one whose table of states would be larger than 32 KB.
    package var start: Progress? {
        if case .table(let table) = engine { Progress(state: table.start) } else { nil }
    }

    /// Takes the text's next character.
    ///
    /// - Parameter progress: what `start` of this pattern gave, and earlier calls changed.
    package func advance(_ progress: inout Progress, over scalar: Unicode.Scalar) {
        if case .table(let table) = engine { progress.state = table.step(progress.state, over: scalar.value) }
    }

    /// What is known at a place: exact, not a guess.
    package func outlook(_ progress: Progress) -> Outlook {
        guard case .table(let table) = engine else { return .open(now: false) }
        return switch progress.state {
        case RegexTable.dead: .impossible
        case table.matched: .matched
        default: .open(now: table.matches(in: progress.state))
        }
    }
}
