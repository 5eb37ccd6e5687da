import AnswerChecks
import LLMStreaming
import Testing

/// What a check refers to is found in every form of a request.
struct CompileTests {
    private static let schema = #"{"type":"array","maxItems":1}"#

    /// S stands for the schema, T for its text.
    static let formats = [
        #"{"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":S,"strict":true}}}"#,
        #"{"response_format":{"type":"json_object","schema":S}}"#,
        #"{"response_format":{"type":"json_schema","schema":S}}"#, #"{"response_format":{"type":"json","value":S}}"#,
        #"{"text":{"format":{"type":"json_schema","name":"a","schema":S}}}"#,
        #"{"output_config":{"format":{"type":"json_schema","schema":S}}}"#,
        #"{"output_format":{"type":"json_schema","schema":S}}"#, #"{"json_schema":S}"#, #"{"json_schema":T}"#,
        #"{"structured_outputs":{"json":S}}"#, #"{"structured_outputs":{"json":T}}"#, #"{"guided_json":S}"#,
        #"{"format":S}"#, #"{"generationConfig":{"responseJsonSchema":S}}"#,
        #"{"response_format":{"type":"text"},"guided_json":S}"#,
    ]

    @Test(arguments: formats)
    func theSchemaThatIsSentAnywayIsFound(format: String) throws {
        let text = format.replacing(":S", with: ":" + Self.schema)
            .replacing(":T", with: ":" + JSON.string(Self.schema).text)
        let members = try JSONParser.parse(text)
        for content in [
            .body(members), .body(members, .openAIResponses), .body(members, .anthropicMessages),
            RequestContent.conversation(extraBody: members),
        ] {
            let check = try CompiledCheck("response_format", for: content)
            #expect(try check.judge(Answer("[7]").completion).outcome == .ok)
            #expect(try check.judge(Answer("[7,7]").completion).outcome == .failed(.invalid))
        }
    }

    @Test func anOptionsFormatIsFoundAndOneInTheBodyComesBeforeIt() throws {
        let format: JSON = ["type": "json_schema", "json_schema": ["name": "a", "schema": ["type": "array"]]]
        let other: JSON = ["type": "json_schema", "json_schema": ["name": "a", "schema": ["type": "string"]]]
        let own = try CompiledCheck("response_format", for: .conversation(["response_format": format]))
        #expect(try own.judge(Answer("[]").completion).isRight)
        let overridden = try CompiledCheck(
            "response_format", for: .conversation(["response_format": format], extraBody: ["response_format": other]))
        #expect(try overridden.judge(Answer(#""a""#).completion).isRight)
        #expect(try !overridden.judge(Answer("[]").completion).isRight)
    }

    @Test(arguments: [
        #"{"response_format":{"type":"json_object"}}"#, #"{"text":{"format":{"type":"json_object"}}}"#,
        #"{"structured_outputs":{"json_object":true}}"#,
    ])
    func whereOnlyAnObjectIsAskedForAnyIsRight(members: String) throws {
        let check = try CompiledCheck("response_format", for: .body(JSONParser.parse(members)))
        #expect(try check.judge(Answer(#"{"a":[]}"#).completion).isRight)
        #expect(try !check.judge(Answer("[]").completion).isRight)
    }

    @Test(arguments: [
        "{}", #"{"response_format":{"type":"text"}}"#, #"{"format":"json"}"#,
        #"{"response_format":{"type":"json_schema","json_schema":{"name":"a"}}}"#, #"{"guided_json":"{"}"#,
    ])
    func aRequestWithoutASchemaIsAFault(members: String) throws {
        let content = RequestContent.body(try JSONParser.parse(members))
        let fault = #expect(throws: CheckFault.self) { try CompiledCheck("response_format", for: content) }
        #expect(fault?.reasons == ["check \"response_format\": the request asks for no form that has a schema"])
    }

    @Test(arguments: ["{}", #"{"tools":[]}"#, #"{"tools":[{"type":"web_search"}]}"#])
    func aRequestWithoutToolsIsAFault(members: String) throws {
        let content = RequestContent.body(try JSONParser.parse(members))
        let fault = #expect(throws: CheckFault.self) { try CompiledCheck("tools", for: content) }
        #expect(fault?.reasons == ["check.tools: the request has no tools"])
    }

    @Test func allFaultsOfACheckAreToldTogether() throws {
        let check = AnswerCheck(schema: .responseFormat, checksTools: true, regex: "[")
        let tools: JSON = [["name": "a", "input_schema": ["type": "x"]], ["name": "b", "parameters": ["$ref": "y"]]]
        let fault = #expect(throws: CheckFault.self) { try CompiledCheck(check, for: .body(["tools": tools])) }
        #expect(fault?.reasons.count == 4)
        #expect(
            fault?.description.contains("check.tools: the parameters of tool \"b\": schema at /$ref: found") == true)
    }

    @Test(arguments: [
        #"{"type":"function","function":{"name":"f","parameters":P}}"#,
        #"{"type":"function","name":"f","parameters":P}"#,
        #"{"name":"f","input_schema":P}"#, #"{"type":"custom","name":"f","input_schema":P}"#,
        #"{"type":"namespace","name":"n","tools":[{"type":"function","name":"f","parameters":P}]}"#,
    ])
    func theParametersOfAToolAreFound(tool: String) throws {
        let parameters = #"{"properties":{"a":{"type":"null"}},"required":["a"]}"#
        let member = try JSONParser.parse(tool.replacing("P", with: parameters))
        for name in ["tools", "functions"] {
            let members = JSONObject([.init(key: name, value: [member])])
            let check = try CompiledCheck("tools", for: .body(members, .openAIChat))
            #expect(try check.judge(Answer(calls: [("f", #"{"a":null}"#)]).completion).isRight)
            #expect(try !check.judge(Answer(calls: [("f", "{}")]).completion).isRight)
        }
    }

    @Test(arguments: [
        (#"{"type":"function","function":{"name":"f"}}"#, false), (#"{"name":"f","input_schema":null}"#, false),
        (#"{"type":"bash_20250124","name":"f"}"#, false), (#"{"type":"custom","custom":{"name":"f"}}"#, true),
        (#"{"type":"custom","name":"f"}"#, true),
    ])
    func aToolWithoutParametersTakesAnyObjectAndACustomOneAnyText(tool: String, takesText: Bool) throws {
        let check = try CompiledCheck("tools", for: .body(["tools": [JSONParser.parse(tool)]]))
        for (arguments, isRight) in [(#"{"x":1}"#, true), ("", true), ("[]", takesText), ("ls -l", takesText)] {
            #expect(try check.judge(Answer(calls: [("f", arguments)]).completion).isRight == isRight)
        }
    }
}
