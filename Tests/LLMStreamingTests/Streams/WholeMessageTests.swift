import LLMStreaming
import Testing

/// A chat stream that closes with a whole message, as MiniMax sends it: it counts only for what its deltas lacked.
@Suite struct WholeMessageTests {
    private static func event(_ choice: String, object: String = "chat.completion") -> String {
        #"{"id":"c","model":"m","object":"\#(object)","choices":[\#(choice)]}"#
    }

    private static func delta(_ members: String, _ rest: String = "") -> String {
        event(#"{"index":0,"delta":{\#(members)}\#(rest)}"#, object: "chat.completion.chunk")
    }

    private static func message(_ members: String, _ finish: String = "stop") -> String {
        event(#"{"index":0,"message":{\#(members)},"finish_reason":"\#(finish)"}"#)
    }

    private static func completion(_ events: String...) throws -> Completion {
        let text = (events + ["[DONE]"]).map { "data: \($0)\n\n" }.joined()
        return try #require(Transcript(text: text).run(.openAI).completion)
    }

    @Test func textAndThinkingAreThereOnce() throws {
        let completion = try Self.completion(
            Self.delta(#""role":"assistant","content":"""#), Self.delta(#""reasoning_content":"Hm. ""#),
            Self.delta(#""reasoning_content":"So.""#), Self.delta(#""content":"One ""#),
            Self.delta(#""content":"two ""#), Self.delta(#""content":"three""#),
            Self.message(#""role":"assistant","reasoning_content":"Hm. So.","content":"One two three""#))
        #expect(completion.content == "One two three" && completion.thinking == "Hm. So.")
        #expect(completion.finishReason == .stop)
    }

    @Test func whatTheDeltasLackedIsAdded() throws {
        let completion = try Self.completion(
            Self.delta(#""content":"One ""#), Self.delta(#""content":"two""#),
            Self.message(
                #""content":"One two thrée","reasoning":"Hm.","refusal":null,"#
                    + #""tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]"#))
        #expect(completion.content == "One two thrée" && completion.thinking == "Hm.")
        #expect(completion.toolCalls == [ToolCall(id: "a", name: "f", arguments: #"{"x":1}"#)])
    }

    @Test(arguments: [
        // The text trimmed, thinking inside of the text, another text.
        #""content":"two""#, #""content":"<think>Hm.</think> two three""#, #""content":null"#, "",
    ])
    func whereItContradictsTheDeltasTheseCount(_ members: String) throws {
        let completion = try Self.completion(
            Self.delta(#""content":" two""#), Self.delta(#""content":" three""#), Self.message(members))
        #expect(completion.content == " two three")
    }

    @Test func callsThatWereStreamedAreThereOnce() throws {
        let call = { (members: String) in Self.delta(#""tool_calls":[{\#(members)}]"#) }
        let whole = { (id: String, name: String, arguments: String) in
            #"{"id":"\#(id)","type":"function","function":{"name":"\#(name)","arguments":"\#(arguments)"}}"#
        }
        // The second call's arguments were begun, the third one lacks; ids may be others than in the deltas.
        for ids in [["a", "b", "c"], ["x", "y", "z"]] {
            let completion = try Self.completion(
                call(#""index":0,"id":"a","function":{"name":"f","arguments":""}"#),
                call(#""index":0,"function":{"arguments":"{\"x\":1}"}"#),
                call(#""index":1,"id":"b","function":{"name":"g","arguments":"{\"y\""}"#),
                Self.message(
                    #""content":null,"tool_calls":["#
                        + [
                            whole(ids[0], "f", #"{\"x\":1}"#), whole(ids[1], "g", #"{\"y\":2}"#),
                            whole(ids[2], "h", "{}"),
                        ].joined(separator: ",") + "]", "tool_calls"))
            #expect(
                completion.toolCalls == [
                    ToolCall(id: "a", name: "f", arguments: #"{"x":1}"#),
                    ToolCall(id: "b", name: "g", arguments: #"{"y":2}"#),
                    ToolCall(id: ids[2], name: "h", arguments: "{}"),
                ])
        }
    }

    @Test func aMessageBesideADeltaCountsForWhatBothLack() throws {
        let completion = try Self.completion(
            Self.delta(#""content":"One ""#), Self.delta(#""content":"two ""#),
            Self.event(
                #"{"index":0,"delta":{"content":"three"},"message":{"content":"One two three four"},"finish_reason":"stop"}"#
            ))
        #expect(completion.content == "One two three four")
    }

    @Test func everyChoiceHasItsOwn() throws {
        let text = [
            Self.event(#"{"index":0,"delta":{"content":"a"}}"#), Self.event(#"{"index":1,"delta":{"content":"x"}}"#),
            Self.event(#"{"index":1,"delta":{"content":"y"}}"#),
            Self.event(
                #"{"index":0,"message":{"content":"a"},"finish_reason":"stop"},"#
                    + #"{"index":1,"message":{"content":"xyz"},"finish_reason":"stop"}"#), "[DONE]",
        ].map { "data: \($0)\n\n" }.joined()
        let completion = try #require(Transcript(text: text).run(.openAI, choices: 2).completion)
        #expect(completion.choices.map(\.content) == ["a", "xyz"])
    }

    /// Servers without deltas: their messages are pieces, or longer each time.
    @Test(arguments: [["One ", "two ", "two "], ["One ", "One two ", "One two two "]])
    func messagesWithoutDeltasArePiecesOrCumulative(_ texts: [String]) throws {
        let isCumulative = texts[1].hasPrefix(texts[0])
        let events = texts.map { text in
            Self.event(
                #"{"index":0,"message":{"role":"assistant","content":"\#(text)"}}"#,
                object: isCumulative ? "chat.completion" : "chat.completion.chunk")
        }
        let text = (events + [ChatEvents.stop, "[DONE]"]).map { "data: \($0)\n\n" }.joined()
        #expect(Transcript(text: text).run(.openAI).completion?.content == "One two two ")
    }

    /// MiniMax's Messages form: a block begins with the text that its deltas say again.
    @Test(arguments: [
        // Said again whole, in pieces, and with more behind it; and what is no repetition.
        (start: "Hello there.", deltas: ["Hello there."], text: "Hello there."),
        (start: "Hello there.", deltas: ["Hel", "lo the", "re."], text: "Hello there."),
        (start: "Hello", deltas: ["Hel", "lo there", "."], text: "Hello there."),
        (start: "Hello", deltas: [" there."], text: "Hello there."),
        (start: "Hello", deltas: ["He", " said."], text: "HelloHe said."),
        (start: "Hello", deltas: ["He"], text: "HelloHe"),
        (start: "Hello", deltas: [], text: "Hello"),
    ])
    func aBlocksBeginningIsThereOnce(_ block: (start: String, deltas: [String], text: String)) {
        let end = #"{"type":"content_block_stop","index":0}"#
        let text = MessagesEvents.run(
            [MessagesEvents.start, MessagesEvents.begin(0, #"{"type":"text","text":"\#(block.start)"}"#)]
                + block.deltas.map { MessagesEvents.text(0, $0) } + [end, MessagesEvents.end("end_turn")]
                + [MessagesEvents.stop])
        #expect(text.completion?.content == block.text)
        let thinking = MessagesEvents.run(
            [
                MessagesEvents.start,
                MessagesEvents.begin(0, #"{"type":"thinking","thinking":"\#(block.start)","signature":"s"}"#),
            ]
                + block.deltas.map {
                    MessagesEvents.delta(0, #"{"type":"thinking_delta","thinking":"\#($0)"}"#)
                } + [end, MessagesEvents.end("end_turn"), MessagesEvents.stop])
        #expect(thinking.completion?.thinking == block.text)
    }

    @Test func aMessageThatBeganWithItsContentIsThereOnce() {
        let start = MessagesEvents.start.replacing(
            #""content":[]"#, with: #""content":[{"type":"text","text":"Hi."}]"#)
        let run = MessagesEvents.run([
            start, MessagesEvents.begin(0, #"{"type":"text","text":""}"#), MessagesEvents.text(0, "Hi."),
            MessagesEvents.end("end_turn"), MessagesEvents.stop,
        ])
        #expect(run.completion?.content == "Hi.")
    }
}
