import LLMStreaming
import Testing

/// Numbers from outside are clamped or refused before anything is reckoned with them.
@Suite struct NumberGateTests {
    @Test func whatIsNoNumberIsTheLowerBound() {
        #expect(Double.nan.clamped(to: 1...2) == 1)
        #expect(Double.infinity.clamped(to: 1...2) == 2)
        #expect((-Double.infinity).clamped(to: 1...2) == 1)
        #expect(Int.max.clamped(to: 1...2) == 2)
        #expect(Int64.min.clamped(to: 1...2) == 1)
        #expect(NumberGate.duration(seconds: .nan) == .zero)
        #expect(NumberGate.duration(seconds: -1) == .zero)
        #expect(NumberGate.duration(seconds: 1e308) == .seconds(3_155_760_000))
        #expect(NumberGate.unixMilliseconds(seconds: 1e308) == 253_402_300_799_999)
        #expect(NumberGate.unixMilliseconds(seconds: -5) == 0)
    }

    @Test func sumsStopAtTheEndsOfTheirRange() {
        #expect(Int.max.addingClamped(1) == .max)
        #expect(Int64.min.addingClamped(-1) == .min)
        #expect(Int64(2).addingClamped(-3) == -1)
    }

    @Test func aCountOrAnAmountBeyondBeliefIsNone() {
        #expect(NumberGate.count(1_000_000_000_000) == 1_000_000_000_000)
        #expect(NumberGate.count(1_000_000_000_001) == nil)
        #expect(NumberGate.count(-1) == nil)
        #expect(NumberGate.money(0.5) == 0.5)
        for amount in [-0.5, 1e308, .infinity, .nan] { #expect(NumberGate.money(amount) == nil) }
    }

    @Test func jsonHasNoNumberThatIsNotFinite() throws {
        #expect(JSON.double(.infinity) == .null)
        #expect(JSON.double(.nan) == .null)
        #expect(JSON.double(1e308).text == "1e+308")
        for text in ["1e999", "-1e999", "1e400"] {
            let number = try JSONParser.parse(text)
            #expect(number.double == nil && number.int == nil)
            // As it came it is passed on.
            #expect(number.text == text)
        }
        #expect(try JSONParser.parse("9223372036854775808").int == nil)
    }

    @Test func aCursorBeyondAllStreamsIsNone() {
        #expect(ReplayCursor(text: "conversation 12 c")?.position == 12)
        #expect(ReplayCursor(text: "response -1 r")?.position == -1)
        for position in ["9223372036854775807", "-9223372036854775808", "-2", "1000000000001"] {
            #expect(ReplayCursor(text: "conversation \(position) c") == nil)
        }
    }

    @Test(arguments: [-1, 1024, Int.max, Int.min])
    func aChunkOfAnAnswerThatNobodyAskedForIsNoContent(choice: Int) {
        var accumulator = StreamingAccumulator()
        accumulator.add(StreamedChunk(.text, "a", choice: 0))
        accumulator.add(StreamedChunk(.text, "b", choice: choice))
        #expect(accumulator.partial.choices.map(\.text) == ["a"])
    }

    /// What a request asks for is reckoned with too: a budget and an assumed answer, answers and their bounds.
    @Test func aBudgetOfThinkingAtTheEndOfItsRangeCanBeEncoded() throws {
        var options = CompletionOptions()
        options[.reasoningBudgetTokens] = .int(.max)
        let provider = try #require(ProviderCatalog()["anthropic"])
        let content = RequestContent.conversation([.user("x")], options, extraBody: JSONObject())
        _ = try RequestEncoder.encode(content, model: "claude-sonnet-4-5", provider: provider)
        let body: JSON = ["n": .int(.max), "max_tokens": .int(.max), "messages": []]
        let whole = RequestContent.body(body.object ?? JSONObject(), .openAIChat)
        #expect(whole.choices == 1_000_000_000_000)
        #expect(whole.maximumTokens == 1_000_000_000_000)
    }
}
