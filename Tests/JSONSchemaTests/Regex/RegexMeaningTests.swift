import JSONSchema
import Testing

/// What patterns mean; each was also compared with a browser's engine.
@Suite struct RegexMeaningTests {
    @Test(
        arguments: [
            ("", ["", "a"], []),
            ("b", ["b", "abc"], ["", "a"]),
            ("a|bc|", ["", "x"], []),
            ("^(a|bc)$", ["a", "bc"], ["", "ab", "abc", "b"]),
            ("^a*b+c?$", ["b", "aabbc"], ["", "a", "bcc"]),
            ("^a{2}b{1,}c{0,2}$", ["aab", "aabbcc"], ["ab", "aabccc", "aaab"]),
            ("^(?:ab){2,3}?$", ["abab", "ababab"], ["ab", "abababab"]),
            ("^.$", ["a", "é", "😀", "\u{85}"], ["", "ab", "\n", "\r", "\u{2028}", "\u{2029}"]),
            ("^[a-c_-]+$", ["a-b_c"], ["", "d", "a d"]),
            ("^[^a-c]$", ["d", "\n", "😀"], ["a", ""]),
            ("^[]", [], ["", "a"]),
            ("^[^]$", ["a", "\n"], ["", "ab"]),
            ("^\\d$", ["5"], ["٣", "a"]),
            ("^\\w$", ["_", "Z", "0"], ["é", "-"]),
            ("^\\s$", [" ", "\u{FEFF}", "\u{A0}", "\u{2028}", "\u{3000}", "\u{B}"], ["a", "\u{180E}", "\u{85}"]),
            ("^\\D\\W\\S$", ["a-b"], ["1-b", "aab", "a- "]),
            ("\\bab\\b", ["ab", "x ab-"], ["abc", "éab1", "_ab"]),
            ("\\Bb", ["ab"], ["b", "a b"]),
            ("^$|^\\B$", [""], ["a"]),
            ("$^", [""], ["a"]),
            ("^[\\b]\\x41\\u0042\\u{43}\\cA\\0\\t$", ["\u{8}ABC\u{1}\u{0}\t"], ["bABC\u{1}\u{0}\t"]),
            ("^\\uD83D\\uDE00[\\uD83D\\uDE00-😎]$", ["😀😁"], ["😀", "😀a"]),
            ("^\\uD83D", [], ["😀"]),
        ] as [(String, [String], [String])])
    func syntaxOfFlagU(pattern: String, matching: [String], other: [String]) throws {
        let regex = try ECMARegex(pattern)
        for text in matching { #expect(regex.match(text) == .yes, "\(pattern) on \(text)") }
        for text in other { #expect(regex.match(text) == .no, "\(pattern) on \(text)") }
    }

    @Test(
        arguments: [
            ("^[\\w\\-\\.]+$", ["a-b.c"], ["a b"]),
            ("^[\\w-.]+$", ["a-b."], ["a/b"]),
            ("^\\_\\/\\:\\ \\@$", ["_/: @"], ["\\_/: @"]),
            ("^a]b}$", ["a]b}"], ["ab"]),
            ("^{a{,2}$", ["{a{,2}"], ["aa"]),
            ("^\\101\\8\\x4\\u12$", ["A8x4u12"], ["A8"]),
            ("^\\c$", ["\\c"], ["c"]),
            ("^[\\c1][\\c]$", ["\u{11}c", "\u{11}\\"], ["1c"]),
            ("^\\k\\p$", ["kp"], ["\\k"]),
            ("^(?=a)*b$", ["b"], ["ab"]),
        ] as [(String, [String], [String])])
    func whatOnlyTheSyntaxWithoutItAllows(pattern: String, matching: [String], other: [String]) throws {
        let regex = try ECMARegex(pattern)
        for text in matching { #expect(regex.match(text) == .yes, "\(pattern) on \(text)") }
        for text in other { #expect(regex.match(text) == .no, "\(pattern) on \(text)") }
    }

    @Test(
        arguments: [
            ("^\\p{L}+$", ["aéЖ漢"], ["a1", ""]),
            ("^\\p{Lu}\\P{Lu}$", ["Aa", "É1"], ["AA", "aa"]),
            ("^[\\p{Nd}\\p{gc=Currency_Symbol}]+$", ["3٣€"], ["x"]),
            ("^\\p{General_Category=Decimal_Number}$", ["७"], ["½"]),
            ("^\\p{digit}\\p{punct}$", ["1!"], ["1a"]),
            ("^\\p{Alphabetic}\\p{ASCII}\\p{Any}$", ["éa\n"], ["1a1"]),
            ("^\\p{White_Space}\\p{Emoji_Presentation}$", ["\u{85}😀"], ["a😀"]),
            ("^\\P{Cn}$", ["a"], ["\u{378}"]),
            ("^\\p{RI}{2}$", ["🇨🇭"], ["😀😀"]),
        ] as [(String, [String], [String])])
    func properties(pattern: String, matching: [String], other: [String]) throws {
        let regex = try ECMARegex(pattern)
        for text in matching { #expect(regex.match(text) == .yes, "\(pattern) on \(text)") }
        for text in other { #expect(regex.match(text) == .no, "\(pattern) on \(text)") }
    }

    @Test(
        arguments: [
            ("^(?=.*[A-Z])(?=.*\\d).{8,}$", ["abcdefG1"], ["abcdefg1", "aG1"]),
            ("^(?!foo).*bar$", ["xbar"], ["foobar"]),
            ("(?<=\\$)\\d+", ["a $12"], ["a 12"]),
            ("(?<!a)b", ["cb", "b"], ["ab"]),
            ("(?<=^(a|ab)c)d", ["acd", "abcd"], ["bcd"]),
            ("^(.)\\1$", ["aa", "😀😀"], ["ab", "a"]),
            ("^(?<q>['\"]).*\\k<q>$", ["'a'", "\"\""], ["'a\""]),
            // A reference before its group, to one that took no part, and to what an earlier repetition captured.
            ("^\\1(a)$", ["a"], ["aa"]),
            ("^(a)?\\1b$", ["aab", "b"], ["ab"]),
            ("^(?:(a)|b)*\\1$", ["ab", "aa", "aaa"], ["ba b"]),
            ("^(?:(?<n>a)|(?<n>b))\\k<n>$", ["aa", "bb"], ["ab"]),
            // Look-arounds give nothing back; what they captured stays.
            ("^(?=(a+))\\1b", ["aab"], ["b"]),
            ("^(?=(a+))a*b\\1$", ["aabaa"], ["aaba"]),
            // What a look that must fail has captured is forgotten.
            ("^(?:(?!(a))z|ab\\1)$", ["ab"], ["aba"]),
            // Behind a place groups are matched from right to left.
            ("(?<=(\\d+)(\\d+))$", ["1053"], ["1"]),
            ("(?<=\\1(a))$", ["aa"], ["a"]),
            ("^(a{0,2})*?$(?=)", ["", "aaa"], ["b"]),
        ] as [(String, [String], [String])])
    func looksAroundAndBackReferences(pattern: String, matching: [String], other: [String]) throws {
        let regex = try ECMARegex(pattern)
        for text in matching { #expect(regex.match(text) == .yes, "\(pattern) on \(text)") }
        for text in other { #expect(regex.match(text) == .no, "\(pattern) on \(text)") }
    }

    /// Bytes that are no UTF-8 are characters that no pattern means by chance.
    @Test func bytesThatAreNoTextCountAsReplaced() throws {
        let bytes: [UInt8] = [0x61, 0xFF, 0xC3, 0xE4, 0xB8]
        #expect(try ECMARegex("^a\\uFFFD{4}$").match(utf8: bytes.span) == .yes)
        #expect(try ECMARegex("^a\\uFFFD{4}$(?=)").match(utf8: bytes.span) == .yes)
    }
}
