import JSONSchema
import Testing

/// Patterns and texts that are made to take long: an answer, or the word that there is none within the bound.
@Suite struct RegexBoundTests {
    @Test(arguments: ["(a+)+$", "^(a+)+$", "^(a|aa)+$", "^(a|a?)+$", "^(?:(?:a*)*)*$", "^(.*a){12}$", "(x+x+)+y|b^"])
    func linearPatternsNeverGiveUp(pattern: String) throws {
        let regex = try ECMARegex(pattern)
        #expect(regex.match(String(repeating: "a", count: 32) + "b") == .no)
        #expect(regex.match(String(repeating: "a", count: 50_000) + "b") == .no)
    }

    @Test(arguments: ["(a+)+\\1$", "(?=(a+)+$)c", "^(?:(a|aa)+)+$(?!b)", "(?<=b(a+)+)c"])
    func othersGiveUpWithinTheBound(pattern: String) throws {
        let regex = try ECMARegex(pattern)
        #expect(regex.match(String(repeating: "a", count: 60) + "b") == .tooComplex)
        #expect(regex.match("-") == .no)
    }

    @Test func boundsOfRepetitionsDoNotGrowThePattern() throws {
        for maximum in [10_000, 65_535, 1_000_000] {
            let regex = try ECMARegex("^[a-z]{2,\(maximum)}$")
            for (count, match) in [
                (1, ECMARegex.Match.no), (2, .yes), (maximum, .yes), (maximum + 1, .no),
            ] { #expect(regex.match(String(repeating: "a", count: count)) == match, "\(count) of \(maximum)") }
        }
        let nested = try ECMARegex("^(?:(?:a{1,65535},){1,65535};){1,65535}$")
        #expect(nested.match("a,aa,;a,;") == .yes)
        #expect(nested.match("a,aa,;a,") == .no)
        #expect(try ECMARegex("^(?:(?:){65535}){65535}a{0,99999999999999999999}$").match("aa") == .yes)
        #expect(try ECMARegex("^(?:(?:a?){65535}){65535}$").match("aaa") == .tooComplex)
    }

    @Test func aTextOfMuchBacktrackingIsDoneWhereItIsLinear() throws {
        let text = String(repeating: "z", count: 300_000)
        #expect(try ECMARegex("^(?!.*foo).*$").match(text) == .yes)
        #expect(try ECMARegex("^(?!.*foo).*!$").match(text) == .no)
        #expect(try ECMARegex("^(?!.*foo)(?:z|y )*$").match(String(text.prefix(100_000))) == .yes)
    }
}
