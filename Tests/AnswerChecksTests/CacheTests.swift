import AnswerChecks
import LLMStreaming
import Testing

/// A check is read and compiled once for all jobs that have the same.
struct CacheTests {
    private static func content(_ type: String, prompt: String = "?") -> RequestContent {
        .body(["prompt": .string(prompt), "guided_json": ["type": .string(type)]])
    }

    @Test func theSameCheckOfTheSameRequestIsCompiledOnce() throws {
        let cache = CheckCache()
        let check = try cache.check("response_format")
        let first = try cache.compiled(check, for: Self.content("null"))
        #expect(try cache.compiled(AnswerCheck("response_format"), for: Self.content("null", prompt: "!")) === first)
        let other = try cache.compiled(check, for: Self.content("array"))
        #expect(other !== first)
        #expect(try cache.compiled(check, for: Self.content("array")) === other)
        #expect(try cache.compiled(AnswerCheck(regex: "a"), for: Self.content("null")) !== first)
        #expect(try other.judge(Answer("[]").completion).isRight && first.judge(Answer("null").completion).isRight)
    }

    @Test func toolsCountWhereTheyAreChecked() throws {
        let cache = CheckCache()
        let one = RequestContent.body(["tools": [["name": "a", "input_schema": ["type": "object"]]]])
        let two = RequestContent.body(["tools": [["name": "b", "input_schema": ["type": "object"]]]])
        let compiled = try cache.compiled(AnswerCheck("tools"), for: one)
        #expect(try cache.compiled(AnswerCheck("tools"), for: one) === compiled)
        #expect(try cache.compiled(AnswerCheck("tools"), for: two) !== compiled)
        let regex = try cache.compiled(AnswerCheck(regex: "a"), for: one)
        #expect(try cache.compiled(AnswerCheck(regex: "a"), for: two) === regex)
    }

    @Test func theOnesThatWereUsedLastAreKept() throws {
        let cache = CheckCache()
        let checks = (1...CheckCache.capacity).map { AnswerCheck(minimumCharacters: $0) }
        let compiled = try checks.map { try cache.compiled($0, for: .plain) }
        #expect(try cache.compiled(checks[0], for: .plain) === compiled[0])
        _ = try cache.compiled(AnswerCheck(minimumCharacters: 1_000), for: .plain)
        #expect(try cache.compiled(checks[0], for: .plain) === compiled[0])
        #expect(try cache.compiled(checks[2], for: .plain) === compiled[2])
        #expect(try cache.compiled(checks[1], for: .plain) !== compiled[1])
    }

    @Test func faultsAreThrownEachTime() throws {
        let cache = CheckCache()
        for _ in 0..<2 {
            #expect(throws: CheckFault.self) { try cache.check([:]) }
            #expect(throws: CheckFault.self) { try cache.compiled(AnswerCheck("tools"), for: .plain) }
        }
        #expect(try cache.check(["tools": true]) == cache.check(["tools": true]))
    }
}
