import LLMStreaming
import Testing

/// Conversations in Anthropic's form (Provider facts, "Requests").
@Suite struct MessagesRequestTests {
    private static func body(_ conversation: Conversation) throws -> JSON {
        let content = RequestContent.conversation(conversation, CompletionOptions(), extraBody: JSONObject())
        return try JSONParser.parse(try RequestEncoder.encode(content, model: "m", provider: .anthropic).body)
    }

    @Test func systemPromptsAreJoined() throws {
        let body = try Self.body([.system("one"), .user("hi"), Message(role: .developer, content: "two")])
        #expect(body["system"] == "one\n\ntwo")
        #expect(body["messages"] == [["role": "user", "content": "hi"]])
        let parts = try Self.body([
            .system("one"), Message(role: .system, content: .parts([["type": "text", "text": "two"]])), .user("hi"),
        ])
        #expect(parts["system"] == [["type": "text", "text": "one"], ["type": "text", "text": "two"]])
        #expect(try Self.body([.user("hi")])["system"] == nil)
    }

    @Test func toolCallsAndTheirResultsBecomeBlocks() throws {
        let calls = [
            ToolCall(id: "a", name: "f", arguments: #"{"z":1.50,"b":"x"}"#),
            ToolCall(id: "b", name: "g", arguments: ""),
        ]
        let body = try Self.body([
            .user("hi"), Message(role: .assistant, content: .text("let me see"), toolCalls: calls),
            .tool("one", answering: "a"),
            Message(role: .tool, content: .parts([["type": "text", "text": "two"]]), toolCallID: "b"), .user("and?"),
            Message(role: .assistant, content: nil, toolCalls: [calls[1]]), .tool("", answering: "b"),
        ])
        #expect(
            body["messages"]?.text
                == #"[{"role":"user","content":"hi"},"#
                + #"{"role":"assistant","content":[{"type":"text","text":"let me see"},"#
                + #"{"type":"tool_use","id":"a","name":"f","input":{"z":1.50,"b":"x"}},"#
                + #"{"type":"tool_use","id":"b","name":"g","input":{}}]},"#
                + #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"one"},"#
                + #"{"type":"tool_result","tool_use_id":"b","content":[{"type":"text","text":"two"}]}]},"#
                + #"{"role":"user","content":"and?"},"#
                + #"{"role":"assistant","content":[{"type":"tool_use","id":"b","name":"g","input":{}}]},"#
                + #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"b","content":""}]}]"#)
    }

    @Test(
        arguments: [
            (
                #"{"type":"image_url","image_url":{"url":"https://x.org/a.png","detail":"low"}}"#,
                #"{"type":"image","source":{"type":"url","url":"https://x.org/a.png"}}"#
            ),
            (
                #"{"type":"image_url","image_url":"https://x.org/a.png"}"#,
                #"{"type":"image","source":{"type":"url","url":"https://x.org/a.png"}}"#
            ),
            (
                #"{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO,="}}"#,
                #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBO,="}}"#
            ),
            (
                #"{"type":"image_url","image_url":{"url":"data:image/png;name=x;base64,iVBO"}}"#,
                #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBO"}}"#
            ),
            (
                #"{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBE"}}"#,
                #"{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBE"},"title":"a.pdf"}"#
            ),
            (#"{"type":"text","text":"t","cache_control":{"type":"ephemeral"}}"#, nil),
            (#"{"type":"document","source":{"type":"url","url":"u"}}"#, nil),
        ])
    func partsBecomeBlocksAndAnthropicsOwnStayAsTheyAre(_ part: String, _ block: String?) throws {
        let body = try Self.body([Message(role: .user, content: .parts([try JSONParser.parse(part)]))])
        #expect(body["messages"]?.array?.first?["content"]?.text == "[\(block ?? part)]")
    }

    @Test(
        arguments: [
            #"{"type":"image_url","image_url":{}}"#, #"{"type":"image_url","image_url":{"url":"data:image/png,raw"}}"#,
            #"{"type":"input_audio","input_audio":{"data":"x"}}"#, #"{"type":"file","file":{"file_id":"x"}}"#,
        ])
    func aPartWithoutAFormThereIsRefused(_ part: String) throws {
        let message = Message(role: .user, content: .parts([try JSONParser.parse(part)]))
        let error = #expect(throws: LLMError.self) { try Self.body([message]) }
        #expect(error?.kind == .invalidRequest)
    }

    @Test(arguments: ["{", "5", "[1]", "text"])
    func argumentsThatAreNoObjectAreRefused(_ arguments: String) throws {
        let call = ToolCall(id: "a", name: "f", arguments: arguments)
        let error = #expect(throws: LLMError.self) {
            try Self.body([.user("hi"), Message(role: .assistant, content: nil, toolCalls: [call])])
        }
        #expect(error?.message.contains("'a'") == true)
    }

    @Test func theWholeAnswersMessageIsTheNextTurnsAssistant() throws {
        // What a completion says to send back is taken as a batch body's message without a change.
        let run = Transcript(
            messages: #"{"type":"message_start","message":{"id":"m","model":"c","content":[]}}"#,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"t","signature":"s"}}"#,
            #"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":"x"}}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#, #"{"type":"message_stop"}"#
        ).run(.anthropic)
        let message = try #require(run.completion?.choices.first?.message)
        #expect(
            message.text
                == #"{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},"#
                + #"{"type":"text","text":"x"}]}"#)
    }
}
