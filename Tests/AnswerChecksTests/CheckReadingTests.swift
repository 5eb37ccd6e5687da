import AnswerChecks
import LLMStreaming
import Testing

/// What the member `check` of a job line may be, and how its faults are told.
struct CheckReadingTests {
    @Test func everyMemberIsRead() throws {
        let check = try AnswerCheck(
            JSONParser.parse(
                #"{"json_schema":{"type":"array"},"tools":true,"regex":"a+","min_chars":1,"max_chars":2e1,"#
                    + #""finish_reason":["stop","tool_calls","stop"]}"#))
        let expected = AnswerCheck(
            schema: .given(["type": "array"]), checksTools: true, regex: "a+", minimumCharacters: 1,
            maximumCharacters: 20, finishReasons: [.stop, .toolCalls])
        #expect(check == expected)
    }

    @Test(arguments: [
        (#""response_format""#, #""response_format""#), (#""tools""#, #""tools""#),
        (#"{"tools":true}"#, #""tools""#), (#"{"json_schema":"response_format"}"#, #""response_format""#),
        (#"{"json_schema":true}"#, #"{"json_schema":true}"#),
        (#"{"finish_reason":"stop"}"#, #"{"finish_reason":["stop"]}"#),
        (#"{"max_chars":9,"tools":false,"regex":null,"min_chars":1.0}"#, #"{"min_chars":1,"max_chars":9}"#),
        (
            #"{"finish_reason":["unknown"],"json_schema":{"b":0.10,"a":1},"tools":true}"#,
            #"{"json_schema":{"b":0.10,"a":1},"tools":true,"finish_reason":["unknown"]}"#
        ),
    ])
    func formsThatMeanTheSameAreOne(given: String, canonical: String) throws {
        let check = try AnswerCheck(JSONParser.parse(given))
        #expect(check.json.text == canonical)
        #expect(try AnswerCheck(check.json) == check)
    }

    @Test(arguments: [
        ("3", ["check: found a number; asked is an object, \"response_format\" or \"tools\""]),
        (
            #""respons_format""#,
            ["check: \"respons_format\" is neither \"response_format\" nor \"tools\"; did you mean 'response_format'?"]
        ),
        ("{}", ["check: asks for nothing; known: json_schema, tools, regex, min_chars, max_chars, finish_reason"]),
        (
            #"{"tools":false,"regex":null}"#,
            ["check: asks for nothing; known: json_schema, tools, regex, min_chars, max_chars, finish_reason"]
        ),
        (#"{"json_shema":{}}"#, ["check: there is no member \"json_shema\"; did you mean 'json_schema'?"]),
        (
            #"{"zzz":1}"#,
            [
                "check: there is no member \"zzz\"; known: json_schema, tools, regex, min_chars, max_chars, "
                    + "finish_reason"
            ]
        ),
        (
            #"{"tools":1,"regex":2,"min_chars":-1,"max_chars":"9","finish_reason":3}"#,
            [
                "check.tools: found 1; asked is true or false",
                "check.regex: found 2; asked is a string: the pattern",
                "check.min_chars: found -1; asked is a whole number from 0",
                "check.max_chars: found \"9\"; asked is a whole number from 1",
                "check.finish_reason: found 3; asked is one of stop, length, tool_calls, content_filter, unknown, or "
                    + "an array of them",
            ]
        ),
        (#"{"min_chars":5,"max_chars":4}"#, ["check: no text has min_chars 5 and max_chars 4"]),
        (#"{"min_chars":1.5}"#, ["check.min_chars: found 1.5; asked is a whole number from 0"]),
        (
            #"{"finish_reason":["stop","lenght","refusal"]}"#,
            [
                "check.finish_reason: there is no reason \"lenght\"; did you mean 'length'?",
                "check.finish_reason: a refusal is never a right answer",
            ]
        ),
        (
            #"{"finish_reason":[]}"#,
            [
                "check.finish_reason: found []; asked is one of stop, length, tool_calls, content_filter, unknown at "
                    + "least"
            ]
        ),
        (
            #"{"json_schema":{"name":"x","schema":{"type":"object"}}}"#,
            [
                "check.json_schema: found the members 'name' and 'schema' of a response format; asked is the schema "
                    + "itself"
            ]
        ),
        (#"{"regex":"(a"}"#, ["check.regex: a group that is not closed at character 1"]),
        (
            #"{"json_schema":{"properties":{"a":{"type":"text"}}}}"#,
            [
                "check.json_schema: schema at /properties/a/type: found \"text\"; asked is null, boolean, object, array, "
                    + "number, integer or string, or a list of these"
            ]
        ),
    ])
    func faultsAreToldTogetherAndByTheirMembers(given: String, reasons: [String]) throws {
        let json = try JSONParser.parse(given)
        let fault = #expect(throws: CheckFault.self) { try AnswerCheck(json) }
        #expect(fault?.reasons == reasons)
    }
}
