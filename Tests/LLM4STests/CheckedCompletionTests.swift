import Foundation
// Only LLM4S and Foundation: what a user of the library has.
import LLM4S
import MockProvider
import Synchronization
import Testing

/// Values of a type: checked, mended, decoded.
@Suite struct CheckedCompletionTests {
    // MARK: Right answers

    @Test(arguments: ReviewMock.dialects)
    func aRightAnswerIsAValueAtOnce(dialect: LLM4S.Dialect) async throws {
        try await ReviewMock.run("schema", dialect) { client, server in
            let answer = try await ReviewMock.review(client)
            #expect((0...10).contains(answer.value.score) && !answer.value.text.isEmpty)
            #expect(answer.completion.content.contains("\"\(answer.value.label.rawValue)\""))
            #expect(answer.completion.usage?.completionTokens != nil)
            #expect(answer.takenOff == [] && answer.rejected.isEmpty)
            #expect(server.statistics.requests == 1)
        }
    }

    @Test(arguments: [
        (
            LLM4S.Dialect.openAIChat,
            #""response_format":{"type":"json_schema","json_schema":{"name":"Array_Review_","schema":{"type":"array""#
        ),
        (.openAIResponses, #""text":{"format":{"type":"json_schema","name":"Array_Review_","schema":{"type":"array""#),
        (.anthropicMessages, #""output_config":{"format":{"type":"json_schema","schema":{"type":"array""#),
    ])
    func theSchemaIsSentInTheFormOfTheInterface(dialect: LLM4S.Dialect, member: String) async throws {
        try await ReviewMock.run("schema", dialect) { client, server in
            let answer = try await client.complete(
                [.user("Judge them.")], as: [Review].self, schema: ["type": "array", "items": ReviewMock.schema])
            #expect(answer.completion.content.hasPrefix("["))
            let body = try #require(server.requests.first).bodyText
            #expect(body.contains(member), "\(body)")
            #expect(!body.contains("\"strict\""))
        }
    }

    @Test func aStrictSchemaIsCalledSo() async throws {
        try await ReviewMock.run("schema") { client, server in
            _ = try await ReviewMock.review(client, ReviewMock.warm, CheckingOptions(isStrict: true))
            #expect(server.requests.first?.bodyText.contains(#""strict":true"#) == true)
        }
    }

    @Test func aFormThatTheCallerChoseIsLeftAlone() async throws {
        struct Answer: Decodable { let answer: String }
        var options = ReviewMock.warm
        options[.responseFormat] = ["type": "json_object"]
        try await ReviewMock.run("schema") { [options] client, server in
            let answer = try await client.complete(
                [.user("Answer in JSON.")], as: Answer.self,
                schema: ["type": "object", "required": ["answer"], "properties": ["answer": ["type": "string"]]],
                options: options)
            #expect(!answer.value.answer.isEmpty)
            #expect(server.requests.first?.bodyText.contains("json_schema") == false)
        }
    }

    @Test(arguments: ReviewMock.dialects, [("fence", "a code fence", "```"), ("think", "thinking tags", "<think>")])
    func whatStandsAroundAValueIsTakenOff(
        dialect: LLM4S.Dialect, way: (name: String, takenOff: String, mark: String)
    ) async throws {
        try await ReviewMock.run("schema+wrong=\(way.name)", dialect) { client, server in
            let answer = try await ReviewMock.review(client)
            #expect(answer.takenOff == [way.takenOff])
            #expect(answer.completion.content.hasPrefix("{") && answer.completion.content.hasSuffix("}"))
            #expect("\(answer.completion.choices[0].message)".contains(way.mark))
            #expect(server.statistics.requests == 1)
        }
    }

    // MARK: No answers

    @Test func aStreamThatBreaksIsNotAskedForAgain() async throws {
        try await ReviewMock.run("schema+words=100+cut=700") { client, server in
            let error = try await ReviewMock.failure { _ = try await ReviewMock.review(client) }
            #expect(error.kind == .cut)
            #expect(server.statistics.requests == 1)
        }
    }

    @Test func whatCannotBeAskedIsNotSent() async throws {
        var several = CompletionOptions()
        several.n = 2
        try await ReviewMock.run("schema") { [several] client, server in
            let asked: [(JSON, CompletionOptions, String)] = [
                (["type": "thing"], CompletionOptions(), "schema: not a JSON Schema"),
                (["name": "review", "schema": ReviewMock.schema], CompletionOptions(), "asked is the schema itself"),
                (ReviewMock.schema, several, "option 'n'"),
            ]
            for (schema, options, words) in asked {
                let error = try await ReviewMock.failure {
                    _ = try await client.complete(
                        [.user("Judge it.")], as: Review.self, schema: schema, options: options)
                }
                #expect(error.kind == .invalidRequest)
                #expect(error.message.contains(words), "\(error)")
            }
            #expect(server.statistics.requests == 0)
        }
    }

    // MARK: Decoding

    @Test func aValueThatIsNoneOfTheTypeSaysWhere() async throws {
        struct Judged: Decodable { let reviews: [Score] }
        struct Score: Decodable { let score: String }
        struct Graded: Decodable { let grade: Int }
        let schema: JSON = [
            "type": "object", "required": ["reviews"],
            "properties": ["reviews": ["type": "array", "minItems": 1, "items": ReviewMock.schema]],
        ]
        let told = Mutex<[RejectedCompletion]>([])
        let checking = CheckingOptions(onRejected: { wrong in told.withLock { $0.append(wrong) } })
        try await ReviewMock.run("schema") { client, server in
            let mismatch = try await ReviewMock.failure {
                _ = try await client.complete(
                    [.user("Judge them.")], as: Judged.self, schema: schema, checking: checking)
            }
            // What is paid is not lost.
            let wrong = try #require(told.withLock { $0.first })
            #expect(wrong.error.message == mismatch.message)
            #expect(wrong.answer.text.contains("reviews") && wrong.usage?.completionTokens != nil)
            #expect(mismatch.kind == .invalidAnswer)
            #expect(mismatch.message.contains("cannot be decoded as Judged: /reviews/0/score: "), "\(mismatch)")
            let missing = try await ReviewMock.failure {
                _ = try await client.complete([.user("Judge them.")], as: Graded.self, schema: schema)
            }
            #expect(missing.message.hasSuffix("cannot be decoded as Graded: there is no member 'grade'"), "\(missing)")
            // Not the model is wrong, but the schema.
            #expect(server.statistics.requests == 2)
        }
    }

    @Test func theCallersDecoderReadsTheValue() async throws {
        struct Renamed: Decodable { let firstScore: Int }
        let checking = CheckingOptions()
        checking.decoder.keyDecodingStrategy = .convertFromSnakeCase
        try await ReviewMock.run("schema") { client, _ in
            let answer = try await client.complete(
                [.user("Judge it.")], as: Renamed.self,
                schema: [
                    "type": "object", "required": ["first_score"], "properties": ["first_score": ["const": 7]],
                ], checking: checking)
            #expect(answer.value.firstScore == 7)
        }
    }
}
