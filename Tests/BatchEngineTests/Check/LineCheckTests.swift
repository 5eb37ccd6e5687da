import AnswerChecks
import LLMStreaming
import Testing

@testable import BatchEngine

/// What a job line may say of a right answer.
struct LineCheckTests {
    private static let shapes = [
        #"{"model":"openai/m","prompt":"x","check":CHECK}"#,
        #"{"custom_id":"a","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"x"}]},"check":CHECK}"#,
        #"{"custom_id":"a","params":{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]},"check":CHECK}"#,
        #"{"custom_id":"a","body":{"model":"m","messages":[{"role":"user","content":"x"}]},"check":CHECK}"#,
    ]

    @Test(arguments: shapes) func everyShapeOfALineMayHaveOne(line: String) throws {
        let check = #"{"max_chars":10,"json_schema":{"type":"string"}}"#
        let parsed = try parse(line.replacing("CHECK", with: check))
        #expect(parsed.check.map { String(decoding: $0, as: UTF8.self) } == check)
        // It is not sent, and is no part of what is asked.
        #expect(!String(decoding: parsed.request, as: UTF8.self).contains("check"))
        let without = try parse(line.replacing(#","check":CHECK"#, with: ""))
        #expect(parsed.hash == without.hash && without.check == nil)
        #expect(try parse(line.replacing("CHECK", with: "null")).check == nil)
    }

    @Test(arguments: shapes) func whatIsNoCheckIsAFaultOfTheLine(line: String) throws {
        for (check, words) in [
            ("{}", "check"), ("7", "check"), (#"{"jsonschema":{}}"#, "json_schema"), (#"{"regex":"("}"#, "regex"),
            (#"{"json_schema":{"type":"text"}}"#, "/type"), (#"{"min_chars":3,"max_chars":2}"#, "max_chars"),
            (#""response_format""#, "response_format"), (#""tools""#, "tools"),
        ] {
            let found = try faults(of: line.replacing("CHECK", with: check))
            #expect(!found.isEmpty, "\(check)")
            #expect(found.contains { $0.hasPrefix("'check'") && $0.contains(words) }, "\(check): \(found)")
        }
    }

    @Test func theSchemaThatIsSentMayBeNamed() throws {
        let line = #"""
            {"model":"openai/m","prompt":"x","check":"response_format","options":{"response_format":
            {"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}}}}
            """#
        #expect(try faults(of: line) == [])
        // A schema that cannot be checked against is a fault of the line, also where it is only named.
        let bad = try faults(of: line.replacing(#"{"type":"object"}"#, with: #"{"type":"text"}"#))
        #expect(bad.contains { $0.hasPrefix("'check'") }, "\(bad)")
    }

    @Test func theCheckOfAllLinesMustFitEachOfThem() throws {
        let defaults = try InputDefaults(check: .init("response_format"))
        let found = try faults(of: #"{"model":"openai/m","prompt":"x"}"#, defaults)
        #expect(found.contains { $0.hasPrefix("--check") }, "\(found)")
        // A line's own goes before it.
        #expect(try faults(of: #"{"model":"openai/m","prompt":"x","check":{"max_chars":3}}"#, defaults) == [])
    }
}
