import LLMStreaming
import Testing

@Suite struct AccumulatorTests {
    private static func accumulator(_ chunks: [StreamedChunk], _ dialect: Dialect = .openAIChat) -> StreamingAccumulator
    {
        var accumulator = StreamingAccumulator(dialect: dialect)
        for chunk in chunks { accumulator.add(chunk) }
        return accumulator
    }

    @Test func theAnswerCanBeReadWhileItComes() throws {
        var accumulator = StreamingAccumulator(dialect: .openAIChat)
        #expect(accumulator.content == "" && accumulator.thinking == nil && !accumulator.hasContent)
        accumulator.add(StreamedChunk(.response, #"{"id":"c"}"#))
        accumulator.add(StreamedChunk(.reasoning, "hm"))
        #expect(accumulator.thinking == "hm" && accumulator.partial.choices[0].hasOpenReasoning)
        accumulator.add(StreamedChunk(.text, "a"))
        accumulator.add(StreamedChunk(.text, "b"))
        accumulator.add(StreamedChunk(.toolCall, #"{"id":"t","name":"f"}"#))
        accumulator.add(StreamedChunk(.toolArguments, #"{"x"#))
        accumulator.add(StreamedChunk(.response, #"{"model":"m"}"#))
        #expect(accumulator.content == "ab")
        #expect(accumulator.toolCalls == [ToolCall(id: "t", name: "f", arguments: #"{"x"#)])
        #expect(accumulator.responseID == "c" && accumulator.model == "m")
        #expect(accumulator.contentDeltaCount == 3)
        #expect(accumulator.usage == nil)
        let partial = accumulator.partial
        #expect(!partial.choices[0].hasOpenReasoning && partial.choices[0].hasToolCall && !partial.isEmpty)
        #expect(partial.text == "ab")
    }

    @Test func anUnfinishedAnswerHasNoCompletion() throws {
        let accumulator = Self.accumulator([StreamedChunk(.text, "a"), StreamedChunk(.finish, "stop")])
        let error = #expect(throws: LLMError.self) { try accumulator.completion(isComplete: false) }
        #expect(error?.kind == .cut)
        #expect(try accumulator.completion(isComplete: true).content == "a")
        #expect(throws: LLMError.self) { try Self.accumulator([]).completion(isComplete: true) }
    }

    @Test func aSnapshotStaysAsItWas() throws {
        var accumulator = Self.accumulator([
            StreamedChunk(.response, #"{"id":"c","model":"m"}"#), StreamedChunk(.reasoning, "hm"),
            StreamedChunk(.text, "a"), StreamedChunk(.toolCall, #"{"id":"t","name":"f"}"#),
        ])
        let snapshot = accumulator.snapshot
        for chunk in [
            StreamedChunk(.text, "b"), StreamedChunk(.finish, "end_turn"),
            StreamedChunk(.usage, #"{"input_tokens":5,"output_tokens":9}"#),
        ] { accumulator.add(chunk) }
        #expect(snapshot.content == "a" && snapshot.thinking == "hm")
        #expect(snapshot.responseID == "c" && snapshot.model == "m" && snapshot.contentDeltaCount == 2)
        #expect(snapshot.toolCalls == [ToolCall(id: "t", name: "f", arguments: "{}")])
        #expect(snapshot.finishReason == nil && snapshot.usage == nil)
        let last = accumulator.snapshot
        #expect(last.content == "ab" && last.finishReason == .stop && last.usage?.totalTokens == 14)
    }

    @Test func itIsCompleteOnceEveryAnswerThatBeganHasItsFinishReason() throws {
        var accumulator = StreamingAccumulator()
        #expect(!accumulator.isComplete)
        let steps: [(chunk: StreamedChunk, isComplete: Bool)] = [
            (StreamedChunk(.text, "a"), false), (StreamedChunk(.text, "b", choice: 1), false),
            (StreamedChunk(.finish, "stop", choice: 1), false), (StreamedChunk(.finish, "length"), true),
        ]
        for step in steps {
            accumulator.add(step.chunk)
            #expect(accumulator.isComplete == step.isComplete)
            let completion = try? accumulator.completion()
            #expect((completion != nil) == step.isComplete)
        }
        #expect(try accumulator.completion().choices.map(\.finishReason) == [.length, .stop])
        #expect(throws: LLMError(.cut, "the stream ended before the answer did")) {
            try Self.accumulator([StreamedChunk(.text, "a")]).completion()
        }
    }

    @Test func aCompletionIsTheConversationsNextMessage() throws {
        let text = try Self.accumulator([StreamedChunk(.text, "a"), StreamedChunk(.finish, "stop")]).completion()
        #expect(text.message == .assistant("a"))
        let call = try Self.accumulator([
            StreamedChunk(.toolCall, #"{"id":"t","name":"f"}"#), StreamedChunk(.finish, "tool_calls"),
        ]).completion()
        #expect(call.message.content == nil && call.message.role == .assistant)
        #expect(call.message.toolCalls == [ToolCall(id: "t", name: "f", arguments: "{}")])
    }

    @Test func choicesThatNeverCameAreLeftOut() throws {
        let accumulator = Self.accumulator([
            StreamedChunk(.text, "b", choice: 2), StreamedChunk(.finish, "stop", choice: 2),
        ])
        let completion = try accumulator.completion(isComplete: true)
        #expect(completion.choices.map(\.index) == [2])
        #expect(completion.content == "b")
        #expect(accumulator.partial.choices.map(\.index) == [2])
    }

    @Test func laterUsageWinsMemberByMemberAndNullSaysNothing() {
        let accumulator = Self.accumulator([
            StreamedChunk(.usage, #"{"input_tokens":5,"output_tokens":1,"cache_read_input_tokens":2}"#),
            StreamedChunk(.usage, #"{"input_tokens":null,"output_tokens":9}"#),
        ])
        #expect(
            accumulator.usage?.raw.members.map(\.key) == ["input_tokens", "output_tokens", "cache_read_input_tokens"])
        #expect(accumulator.usage?.promptTokens == 7)
        #expect(accumulator.usage?.completionTokens == 9)
    }

    @Test func aZeroSaysNothingWhereAFigureWasTold() {
        let figures = #"{"input_tokens":25,"output_tokens":1,"cost":0.5,"cache_creation":{"a":3,"b":0},"list":[1]}"#
        let accumulator = Self.accumulator([
            StreamedChunk(.usage, figures),
            StreamedChunk(
                .usage,
                #"{"input_tokens":0,"output_tokens":4,"cost":0.0,"cache_creation":{"a":0,"b":2},"list":[],"new":0}"#),
            StreamedChunk(.usage, #"{"input_tokens":-1,"output_tokens":"x","cost":null,"cache_creation":0}"#),
        ])
        #expect(
            accumulator.usage.map { JSON.object($0.raw).text }
                == #"{"input_tokens":25,"output_tokens":4,"cost":0.5,"cache_creation":{"a":3,"b":2},"list":[1],"new":0}"#
        )
    }

    @Test func aPartialAnswerIsStoredAndReadBack() throws {
        var chunks = [
            StreamedChunk(.reasoning, "why"), StreamedChunk(.text, "naïve \u{0}\n\"日本\" e\u{301}👩‍👩‍👧"),
            StreamedChunk(.refusal, "no", choice: 1), StreamedChunk(.reasoning, "open", choice: 2),
            StreamedChunk(.toolCall, #"{"id":"t","name":"f"}"#, choice: 3, item: 1),
            StreamedChunk(.toolArguments, #"{"a\"#, choice: 3, item: 1), StreamedChunk(.finish, "stop", choice: 4),
        ]
        let partial = Self.accumulator(chunks).partial
        let stored = try JSONParser.parse(partial.json.text)
        #expect(PartialAnswer(json: stored) == partial)
        #expect(partial.choices.map(\.hasOpenReasoning) == [false, false, true, false, false])
        #expect(PartialAnswer(json: try JSONParser.parse(PartialAnswer.none.json.text)) == PartialAnswer.none)
        #expect(PartialAnswer(json: "text") == nil && PartialAnswer(json: [:]) == nil)
        // What says nothing to go on from or to show.
        chunks = [StreamedChunk(.finish, "stop"), StreamedChunk(.usage, "{}")]
        #expect(Self.accumulator(chunks).partial.isEmpty)
        #expect(!Self.accumulator([StreamedChunk(.refusal, "no")]).partial.isEmpty)
    }

    @Test func rowsOfAnotherWorldAreNoCrash() {
        var accumulator = Self.accumulator(
            StreamedChunk.Kind.allCases.map { StreamedChunk($0, "not JSON", choice: 0, item: 3) }, .anthropicMessages)
        for kind in StreamedChunk.Kind.allCases { accumulator.add(StreamedChunk(kind, "", item: 3)) }
        #expect(accumulator.content == "not JSON")
        #expect(accumulator.usage == nil)
        #expect(throws: Never.self) { try accumulator.completion(isComplete: true) }
    }
}
