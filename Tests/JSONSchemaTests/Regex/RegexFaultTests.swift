import Testing

@testable import JSONSchema

/// Patterns that are none: the place and what is wrong with it.
@Suite struct RegexFaultTests {
    @Test(
        arguments: [
            ("a(b", "a group that is not closed at character 2"),
            ("ab)", "a ')' that nothing opened at character 3"),
            ("[a-", "a class that is not closed at character 1"),
            ("x[]", nil),
            ("é[b-a]", "a range that is out of order at character 3"),
            ("*a", "nothing before the quantifier '*' at character 1"),
            ("a**", "nothing before the quantifier '*' at character 3"),
            ("(?:+)", "nothing before the quantifier '+' at character 4"),
            ("{1,2}", "nothing before the quantifier at character 1"),
            ("a{2,1}", "a quantifier whose bounds are out of order at character 2"),
            ("^*", "a quantifier that has only an assertion to repeat at character 1"),
            ("(?<=a)+", "a quantifier that has only an assertion to repeat at character 1"),
            ("a\\", "a backslash at the end at character 2"),
            ("\\u{110000}", "\\u{…} must hold a code point up to 10FFFF at character 1"),
            ("\\p{Nonsense}", "an unknown property 'Nonsense' at character 1"),
            ("\\p{gc=Nonsense}", "an unknown general category 'Nonsense' at character 1"),
            ("\\p{L", "a property's '}' is missing at character 1"),
            (
                "a\\p{Script=Greek}",
                "\\p{Script=Greek}: scripts are not supported, general categories and ranges are; at character 2"
            ),
            ("\\p{ExtPict}", "the property 'ExtPict', which is not supported, at character 1"),
            ("(?P<n>a)", "a kind of group that ECMA 262 does not have, or flags in the pattern, at character 1"),
            ("(?i)a", "a kind of group that ECMA 262 does not have, or flags in the pattern, at character 1"),
            ("(?<a b>c)", "a character that a group's name cannot have at character 5"),
            ("(?<>c)", "a group's name is missing, or its '>' at character 4"),
            ("(?<n>a)(?<n>b)", "a second group named 'n' at character 8"),
            ("(?<n>a)\\k<m>", "no group is named 'm' at character 8"),
            ("(?<n>a)\\k", "'<' and a group's name must follow \\k at character 8"),
        ] as [(String, String?)])
    func tellsThePlaceAndTheReason(pattern: String, description: String?) {
        var fault: RegexFault?
        do throws(RegexFault) { _ = try ECMARegex(pattern) } catch { fault = error }
        #expect(fault?.description == description)
    }

    @Test func nestingAndLengthAreBounded() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + "a" + String(repeating: ")", count: depth)
        }
        #expect(try ECMARegex(nested(199)).match("a") == .yes)
        #expect(throws: RegexFault(reason: "groups nested deeper than 200", offset: 200)) { try ECMARegex(nested(200)) }
        #expect(throws: RegexFault(reason: "groups nested deeper than 200", offset: 200)) {
            try ECMARegex(nested(40_000))
        }
        #expect(try ECMARegex(String(repeating: "a", count: 100_000)).match("a") == .no)
        #expect(throws: RegexFault(reason: "more than 100000 characters", offset: 100_000)) {
            try ECMARegex(String(repeating: "a", count: 100_001))
        }
    }
}
