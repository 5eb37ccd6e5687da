import JSONSchema
import SharedMaterial
import Testing

/// The three ways in which a pattern is tried give the same answer, and what is said before the end of a text is true.
@Suite struct RegexAgreementTests {
    /// A random pattern that the linear engines take.
    private static func pattern(_ random: inout SplitMix64, depth: Int = 3) -> String {
        let atoms = ["a", "b", "c", "é", ".", "[ab]", "[^a]", "\\w", "\\W", "\\b", "\\B", "^", "$", "[b-é]", "\\p{Ll}"]
        let quantifiers = ["", "", "", "*", "+", "?", "{2}", "{1,3}", "{0,2}?", "{2,}"]
        var text = ""
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let isGroup = depth > 0 && Int.random(in: 0..<3, using: &random) == 0
            let atom =
                isGroup ? "(?:\(pattern(&random, depth: depth - 1)))" : atoms.randomElement(using: &random) ?? "a"
            let isAssertion = ["^", "$", "\\b", "\\B"].contains(atom)
            text += atom + (isAssertion ? "" : quantifiers.randomElement(using: &random) ?? "")
        }
        if Int.random(in: 0..<4, using: &random) == 0 { text += "|" + pattern(&random, depth: depth - 1) }
        return text
    }

    private static func text(_ random: inout SplitMix64) -> String {
        (0..<Int.random(in: 0...8, using: &random)).map { _ in
            ["a", "b", "c", "é", " ", "\n"].randomElement(using: &random) ?? "a"
        }.joined()
    }

    @Test func tableAutomatonAndBacktrackingAgree() throws {
        let seed = environment("LLM4S_SEED", default: 1)
        var random = SplitMix64(state: UInt64(truncatingIfNeeded: seed))
        let trials = environment("LLM4S_TRIALS", default: 150)
        var apart = 0
        for _ in 0..<trials {
            let pattern = Self.pattern(&random)
            let table = try ECMARegex(pattern)
            // Mostly too many states for a table, of characters that no text here has.
            let automaton = try ECMARegex("(?:\(pattern))|(?:\u{1}|\u{2}){0,9}\u{1}(?:\u{1}|\u{2}){20}")
            let backtracking = try ECMARegex("(?:\(pattern))(?=)")
            try #require(backtracking.start == nil)
            if table.start != nil, automaton.start == nil { apart += 1 }
            for _ in 0..<8 {
                let text = Self.text(&random)
                let match = table.match(text)
                let comment: Comment = "\(pattern) on \(text.debugDescription), seed \(seed)"
                try #require(automaton.match(text) == match && backtracking.match(text) == match, comment)
                try #require(table.match(text.unicodeScalars) == match, comment)
            }
        }
        // Some have too many states themselves; what matches nearly everything has few, whatever stands beside it.
        #expect(apart > trials / 4, "seed \(seed)")
    }

    /// Every text of up to five characters, as far as the outlook lets one go, against the whole text's match.
    @Test func theOutlookIsExact() throws {
        let alphabet: [Unicode.Scalar] = ["a", "b", " "]
        func check(_ regex: ECMARegex, _ text: [Unicode.Scalar], _ progress: ECMARegex.Progress) throws -> Bool {
            let matches = regex.match(text) == .yes
            let outlook = regex.outlook(progress)
            var canMatch = matches
            if text.count < 6 {
                for scalar in alphabet {
                    var next = progress
                    regex.advance(&next, over: scalar)
                    if try check(regex, text + [scalar], next) { canMatch = true }
                }
            }
            let comment: Comment = "\(regex.pattern) after \(text): \(outlook)"
            switch outlook {
            case .matched: try #require(matches, comment)
            case .open(let now): try #require(now == matches && (canMatch || text.count > 2), comment)
            case .impossible: try #require(!canMatch, comment)
            }
            return canMatch
        }
        for pattern in [
            "^a{2,3}$", "^(?:ab|ba)+$", "^a$b", "^\\b", "^a\\Bb", "ab", "^$", "^[^b]*a$", "^(a|b )*$", "^a\\b", "$^",
            "^",
            "b^a", "^[]$", "^a{2}b$", "^a[^]$",
        ] {
            let regex = try ECMARegex(pattern)
            _ = try check(regex, [], try #require(regex.start))
        }
    }

    @Test func whatCannotMatchIsSeenAtOnce() throws {
        let regex = try ECMARegex("^[0-9]{4}-[0-9]{2}$")
        var progress = try #require(regex.start)
        for scalar in "2026-".unicodeScalars { regex.advance(&progress, over: scalar) }
        #expect(regex.outlook(progress) == .open(now: false))
        regex.advance(&progress, over: "x")
        #expect(regex.outlook(progress) == .impossible)
        regex.advance(&progress, over: "1")
        #expect(regex.outlook(progress) == .impossible)
    }
}
