import LLMStreaming
import Testing

@testable import BatchEngine

/// What is kept of answers is reckoned with, whatever was reported of them and whatever stands in the file.
struct StoredNumberTests {
    private func stored(_ text: String) throws -> StoredPartial {
        try #require(StoredPartial(attemptID: 1, json: JSONParser.parse(Array(text.utf8))))
    }

    /// A provider that reports a thousand billion tokens beside a text that ends in millions of blanks.
    @Test func tokensOfALongTextAreCountedWithoutMultiplyingBoth() {
        let text = "x" + String(repeating: " ", count: 20_000_000)
        let answer = PartialAnswer(choices: [.init(index: 0, text: text)], contentDeltaCount: 1)
        let partial = StoredPartial(attemptID: 1, answer: answer, seams: [], tokenCount: 1_000_000_000_000)
        let tokens = partial.tokens(ofScalars: 1)
        #expect((49_000...50_000).contains(tokens))
        #expect(partial.tokens(ofScalars: 20_000_001) == 1_000_000_000_000)
    }

    @Test func tokensOfAPartAreNotCountedTooHigh() {
        let answer = PartialAnswer(choices: [.init(index: 0, text: "abc def ghi")], contentDeltaCount: 3)
        for tokens in 0...40 {
            let partial = StoredPartial(attemptID: 1, answer: answer, seams: [], tokenCount: tokens)
            for scalars in 0...11 { #expect(partial.tokens(ofScalars: scalars) == tokens * scalars / 11) }
        }
    }

    @Test func numbersAtTheEndsOfTheirRangeAreLeftOut() throws {
        for number in ["9223372036854775807", "-9223372036854775808", "1e18", "-1"] {
            let partial = try stored(
                #"{"choices":[{"choice":\#(number),"text":"Once upon a time"}],"content_deltas":\#(number),"#
                    + #""tokens":\#(number),"furthest":\#(number),"polls":\#(number),"empty_replays":\#(number),"#
                    + #""cursor":"conversation \#(number) c","#
                    + #""seams":[{"attempt_id":1,"choice":0,"start":\#(number),"kept":\#(number)}]}"#)
            #expect(partial.answer.choices[0].index == 0)
            #expect(partial.tokenCount == 0 && partial.pollCount == nil && partial.seams.isEmpty)
            #expect(partial.furthestScalars == 16 && (partial.cursor == nil || partial.cursor?.position == -1))
        }
    }

    @Test(arguments: ["9223372036854775807", "1000000000001"])
    func aBoundBeyondBeliefIsAFaultOfItsLine(bound: String) throws {
        for name in ["max_tokens", "n", "reasoning_budget_tokens"] {
            let line = #"{"model":"anthropic/claude-sonnet-4-5","prompt":"x","options":{"\#(name)":\#(bound)}}"#
            let fault = "'\(name)' in options must be a whole number of at most 1,000,000,000,000, not \(bound)"
            #expect(try faults(of: line, standardDefaults) == [fault])
        }
    }

    /// Debts of many requests that used up more than anybody has.
    @Test func theWaitForARateIsBounded() {
        var bucket = TokenBucket(perMinute: 0.02, minimum: 0, level: 0, at: .zero)
        for _ in 0..<100 { bucket.take(1e300, at: .zero) }
        #expect(bucket.wait(for: 1, at: .zero) == .seconds(3_155_760_000))
    }
}
