import Foundation
import Testing

@testable import MockProvider

/// Answers that are to be checked, over the wire.
@Suite struct CheckedAnswerTests {
    private let person = SchemaValueTests.person

    private func checker() throws -> SchemaChecker { try SchemaChecker(person) }

    private func text(_ dialect: TestDialect, _ model: String, user: String = "Who?", more: String? = nil) async throws
        -> String
    {
        let body = dialect.body(model: model, user: user, more: more ?? dialect.format(person))
        return dialect.text(of: try await withServer { try await $0.post(dialect, body) })
    }

    @Test(arguments: TestDialect.allCases)
    func fitsTheSchemaOfTheRequest(dialect: TestDialect) async throws {
        let body = dialect.body(model: "schema", more: dialect.format(person) + dialect.usage)
        let response = try await withServer { try await $0.post(dialect, body) }
        let text = dialect.text(of: response)
        #expect(try checker().fits(text), "\(text)")
        #expect(dialect.finish(of: response) == dialect.wholeFinish)
        let pieces = dialect.pieces(of: response)
        #expect(pieces.allSatisfy { $0.count <= 4 })
        #expect(pieces.count == (text.count + 3) / 4, "each piece but the last has four whole characters")
        #expect(dialect.completionTokens(of: response) == pieces.count)
        #expect(
            try await self.text(dialect, "schema", user: "Tell me.") == text, "the same request has the same answer")
        #expect(try await self.text(dialect, "schema", user: "Another.") != text)
        #expect(try await self.text(dialect, "m", user: "Tell me.").first != "{", "without the option it is a text")
    }

    @Test(arguments: TestDialect.allCases)
    func fitsItInOneDocumentToo(dialect: TestDialect) async throws {
        let body = dialect.body(model: "schema", isStreaming: false, more: dialect.format(person))
        let whole = try await withServer { try await $0.post(dialect, body) }
        let path = [
            TestDialect.chat: "choices.0.message.content", .messages: "content.0.text",
            .responses: "output.0.content.0.text",
        ][dialect]!
        let text = try #require(JSONText.value(in: whole.json, at: path) as? String)
        #expect(try checker().fits(text))
        #expect(try await self.text(dialect, "schema", user: "Tell me.") == text)
    }

    @Test(arguments: [
        (TestDialect.chat, #""response_format":{"type":"json_object","schema":"#),
        (.messages, #""output_format":{"type":"json_schema","schema":"#),
    ])
    func readsTheSchemaAtItsOtherPlaces(dialect: TestDialect, place: String) async throws {
        let text = try await text(dialect, "schema", more: place + person + "},")
        #expect(try checker().fits(text), "\(text)")
    }

    @Test(arguments: TestDialect.allCases)
    func givesAnAnswerMemberWithoutASchema(dialect: TestDialect) async throws {
        let value = JSONText.object(try await text(dialect, "schema+words=9", more: ""))
        let expected = AnswerText(lastUserText: "Who?", model: "", behavior: .with { $0.wordCount = 9 })
        #expect(value as? [String: String] == ["answer": expected.whole])
    }

    @Test func giveEachChoiceItsOwnValue() async throws {
        let body = TestDialect.chat.body(model: "schema", more: TestDialect.chat.format(person) + #""n":3,"#)
        let response = try await withServer { try await $0.post(.chat, body) }
        let texts = (0..<3).map { response.chatText(choice: $0) }
        #expect(Set(texts).count == 3)
        for text in texts { #expect(try checker().fits(text)) }
    }

    @Test func areCutAtTheTokenLimitAndSentInChunks() async throws {
        let more = TestDialect.chat.format(person) + #""max_tokens":5,"#
        let body = TestDialect.chat.body(model: "schema+chunk=2", more: more)
        let response = try await withServer { try await $0.post(.chat, body) }
        #expect(TestDialect.chat.pieces(of: response).map(\.count) == [8, 8, 4])
        #expect(TestDialect.chat.finish(of: response) == "length")
    }

    @Test(arguments: TestDialect.allCases)
    func callsToolsWithArgumentsThatFit(dialect: TestDialect) async throws {
        func arguments(_ model: String) async throws -> String {
            let body = dialect.body(model: model, more: dialect.tools(person))
            let response = try await withServer { try await $0.post(dialect, body) }
            #expect(dialect.text(of: response).isEmpty)
            return dialect.arguments(of: response)
        }
        let right = try await arguments("tool")
        #expect(try checker().fits(right), "\(right)")
        let wrong = try await arguments("wrong=tool")
        #expect(!JSONText.object(wrong).isEmpty, "\(wrong)")
        #expect(try !checker().fits(wrong), "\(wrong)")
        #expect(try await arguments("wrong=tool+times=0") == right)
    }

    @Test(arguments: TestDialect.allCases, WrongAnswer.allCases.filter { $0 != .tool && $0 != .any })
    func spoilsEveryAnswer(dialect: TestDialect, way: WrongAnswer) async throws {
        let body = dialect.body(model: "wrong=\(way.rawValue)", user: "Who?", more: dialect.format(person))
        let response = try await withServer { try await $0.post(dialect, body) }
        let text = dialect.text(of: response)
        let found =
            switch way {
            case .fence: text.hasPrefix("```json\n") && text.hasSuffix("\n```")
            case .think: text.hasPrefix("<think>") && text.contains("</think>\n\n{")
            case .prose: text.hasPrefix("Here is the JSON:\n\n{")
            case .tail: text.hasPrefix("{") && text.contains("}\n\nThat is the JSON.")
            case .blank: !text.isEmpty && text.allSatisfy { $0 == " " }
            case .missing: text.hasPrefix("{") && !text.contains("\"age\"")
            case .type: text.hasPrefix(#"{"age":""#)
            case .enum: text.contains(#""kind":"none of these""#)
            case .extra: text.hasPrefix(#"{"unexpected":"#)
            case .two: text.contains("}\n{")
            case .syntax, .open: text.hasPrefix("{")
            // With Messages a refusal is a text.
            case .refuse: !text.hasPrefix("{")
            case .loop: Self.longestLoop(in: text).map { $0.copies >= 40 && $0.length > 2_500 } ?? false
            case .nan: text.hasPrefix(#"{"age":NaN"#)
            case .duplicate: text.matches(of: /"age":/).count == 2
            case .tool, .any: false
            }
        #expect(found, "\(text)")
        #expect(try checker().fits(text) == (way == .loop || way == .duplicate))
        #expect(dialect.finish(of: response) == (way == .refuse ? dialect.refusalFinish : dialect.wholeFinish))
    }

    @Test func drawsAnyWayByTheRequest() async throws {
        let texts = try await withServer { server in
            var texts: [String] = []
            for number in 0..<40 {
                let body = TestDialect.chat.body(
                    model: "wrong=any", user: "Question \(number % 39)", more: TestDialect.chat.format(person))
                texts.append(TestDialect.chat.text(of: try await server.post(.chat, body)))
            }
            return texts
        }
        #expect(texts[0] == texts[39])
        #expect(texts.contains { $0.hasPrefix("```") } && texts.contains { $0.hasPrefix("<think>") })
        #expect(texts.contains { $0.hasPrefix(#"{"age":""#) } && texts.contains { $0.isEmpty })
    }

    /// The longest run of equal pieces that begin with a capital and end with a period.
    private static func longestLoop(in text: String) -> (copies: Int, length: Int)? {
        guard let end = text.range(of: ".", options: .backwards) else { return nil }
        let bytes = Array(text[..<end.upperBound].utf8)
        return (20...400).lazy.compactMap { period -> (copies: Int, length: Int)? in
            var copies = 1
            while bytes.count >= (copies + 1) * period,
                bytes.suffix(period).elementsEqual(bytes.dropLast(copies * period).suffix(period))
            { copies += 1 }
            return copies > 2 ? (copies, copies * period) : nil
        }.first
    }
}

extension TestDialect {
    /// The member of a request that asks for a schema.
    func format(_ schema: String) -> String {
        switch self {
        case .chat:
            #""response_format":{"type":"json_schema","json_schema":{"name":"x","strict":true,"schema":\#(schema)}},"#
        case .messages: #""output_config":{"format":{"type":"json_schema","schema":\#(schema)}},"#
        case .responses: #""text":{"format":{"type":"json_schema","name":"x","schema":\#(schema)}},"#
        }
    }

    /// The members of a request with one tool.
    func tools(_ schema: String) -> String {
        switch self {
        case .chat: #""tools":[{"type":"function","function":{"name":"find","parameters":\#(schema)}}],"#
        case .messages: #""tools":[{"name":"find","input_schema":\#(schema)}],"#
        case .responses: #""tools":[{"type":"function","name":"find","parameters":\#(schema)}],"#
        }
    }

    var usage: String { self == .chat ? #""stream_options":{"include_usage":true},"# : "" }

    var wholeFinish: String { [.chat: "stop", .messages: "end_turn", .responses: "completed"][self]! }
    var refusalFinish: String { [.chat: "stop", .messages: "refusal", .responses: "completed"][self]! }

    /// The text's pieces as they were sent.
    func pieces(of response: WireResponse) -> [String] {
        switch self {
        case .chat: response.strings(at: "choices.0.delta.content").filter { !$0.isEmpty }
        case .messages: response.strings(at: "delta.text")
        case .responses:
            response.data.filter { $0["type"] as? String == "response.output_text.delta" }
                .compactMap { $0["delta"] as? String }
        }
    }

    /// The arguments of a streamed tool call.
    func arguments(of response: WireResponse) -> String {
        switch self {
        case .chat: response.strings(at: "choices.0.delta.tool_calls.0.function.arguments").joined()
        case .messages: response.strings(at: "delta.partial_json").joined()
        case .responses:
            response.data.filter { $0["type"] as? String == "response.function_call_arguments.delta" }
                .compactMap { $0["delta"] as? String }.joined()
        }
    }

    func completionTokens(of response: WireResponse) -> Int? {
        let path = [
            TestDialect.chat: "usage.completion_tokens", .messages: "usage.output_tokens",
            .responses: "response.usage.output_tokens",
        ][self]!
        return response.data.compactMap { JSONText.value(in: $0, at: path) as? Int }.last
    }
}
