import LLMStreaming
import Testing

/// Conversations in the form of OpenAI's Responses (Provider facts, "Requests").
@Suite struct ResponsesRequestTests {
    private static func body(_ conversation: Conversation, extra: JSONObject = JSONObject()) throws -> JSON {
        let content = RequestContent.conversation(conversation, CompletionOptions(), extraBody: extra)
        return try JSONParser.parse(try RequestEncoder.encode(content, model: "m", provider: .responses).body)
    }

    @Test func messagesCallsAndResultsAreInputItemsInTheirOrder() throws {
        let call = ToolCall(id: "a", name: "f", arguments: #"{"x": 1.0}"#)
        let body = try Self.body([
            .system("be brief"), Message(role: .developer, content: "and kind"), .user("hi"), .assistant("hello"),
            .user("and?"), Message(role: .assistant, content: .text("let me see"), toolCalls: [call]),
            .tool("42", answering: "a"), Message(role: .assistant, content: nil, toolCalls: [call]),
            Message(role: .tool, content: .parts([["type": "text", "text": "43"]]), toolCallID: "a"),
        ])
        let item = #"{"type":"function_call","call_id":"a","name":"f","arguments":"{\"x\": 1.0}"}"#
        #expect(
            body["input"]?.text
                == #"[{"role":"system","content":"be brief"},{"role":"developer","content":"and kind"},"#
                + #"{"role":"user","content":"hi"},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"hello"}]},{"role":"user","content":"and?"},"#
                + #"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"let me see"}]},\#(item),"#
                + #"{"type":"function_call_output","call_id":"a","output":"42"},\#(item),"#
                + #"{"type":"function_call_output","call_id":"a","output":[{"type":"input_text","text":"43"}]}]"#)
    }

    @Test(
        arguments: [
            (Message.Role.user, #"{"type":"text","text":"t"}"#, #"{"type":"input_text","text":"t"}"#),
            (.assistant, #"{"type":"text","text":"t"}"#, #"{"type":"output_text","text":"t"}"#),
            (
                .user, #"{"type":"image_url","image_url":{"url":"https://x.org/a.png","detail":"low"}}"#,
                #"{"type":"input_image","image_url":"https://x.org/a.png","detail":"low"}"#
            ),
            (
                .user, #"{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO"}}"#,
                #"{"type":"input_image","image_url":"data:image/png;base64,iVBO"}"#
            ),
            (
                .user, #"{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBE"}}"#,
                #"{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,JVBE"}"#
            ),
            (.user, #"{"type":"input_image","file_id":"f"}"#, #"{"type":"input_image","file_id":"f"}"#),
        ])
    func partsBecomeInputPartsAndOwnOnesStayAsTheyAre(_ role: Message.Role, _ part: String, _ sent: String) throws {
        let body = try Self.body([Message(role: role, content: .parts([try JSONParser.parse(part)]))])
        #expect(body["input"]?.array?.first?["content"]?.text == "[\(sent)]")
    }

    @Test func extraMembersAreMerged() throws {
        let extra = try #require(
            try JSONParser.parse(#"{"store":false,"background":true,"reasoning":{"summary":"auto"}}"#).object)
        let body = try Self.body([.user("hi")], extra: extra)
        #expect(body["store"] == false && body["background"] == true)
        #expect(body["reasoning"] == ["summary": "auto"])
    }

    @Test func aBatchBodyIsPassedOnButForTheStream() throws {
        let given = try #require(
            try JSONParser.parse(#"{"model":"x","input":"hi","stream":false,"max_output_tokens":50,"foo":1}"#).object)
        let content = RequestContent.body(given, .openAIResponses)
        let sent = try RequestEncoder.encode(content, model: "m", provider: .openAI, maximumTokens: 20)
        #expect(
            String(decoding: sent.body, as: UTF8.self)
                == #"{"model":"x","input":"hi","stream":true,"max_output_tokens":20,"foo":1,"stream_options":{"include_obfuscation":false}}"#
        )
        #expect(content.maximumTokens == 50)
        #expect(sent.dialect == .openAIResponses)
        #expect(throws: LLMError.self) { try RequestEncoder.encode(content, model: "m", provider: .named("groq")) }
    }

    @Test func aMessagesNameIsLeftOutWithANote() throws {
        let named = Message(role: .user, content: .text("hi"), name: "ann")
        let content = RequestContent.conversation([named], CompletionOptions(), extraBody: JSONObject())
        for provider in [Provider.responses, .anthropic] {
            let request = try RequestEncoder.encode(content, model: "m", provider: provider)
            #expect(!String(decoding: request.body, as: UTF8.self).contains("ann"))
            #expect(request.notes.count == 1)
        }
        #expect(try RequestEncoder.encode(content, model: "m", provider: .openAI).notes == [])
    }

    @Test func whatAResponseSaysToSendBackIsTheNextTurnsInput() throws {
        let run = ResponsesEvents.response(
            ResponsesEvents.done(0, #"{"type":"reasoning","id":"r","summary":[],"encrypted_content":"E"}"#),
            ResponsesEvents.text(1, "x"),
            ResponsesEvents.done(
                1,
                #"{"type":"message","id":"i","role":"assistant","content":[{"type":"output_text","text":"x","annotations":[]}]}"#
            ))
        let items = try #require(run.completion?.choices.first?.message)
        #expect(
            items.text
                == #"[{"type":"reasoning","id":"r","summary":[],"encrypted_content":"E"},"#
                + #"{"type":"message","id":"i","role":"assistant","content":[{"type":"output_text","text":"x","annotations":[]}]}]"#
        )
    }
}
