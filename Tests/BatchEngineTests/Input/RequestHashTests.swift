import LLMStreaming
import Testing

@testable import BatchEngine

/// Which lines ask the same (Contract, "Job lines").
@Suite struct RequestHashTests {
    private static let same: [(String, String, String)] = [
        (
            "the order of members", #"{"model":"mock/m","prompt":"Hi","options":{"n":1,"seed":2}}"#,
            #"{"options":{"seed":2,"n":1},"prompt":"Hi","model":"mock/m"}"#
        ),
        (
            "the order of keys within a schema",
            #"{"model":"mock/m","prompt":"Hi","options":{"response_format":{"type":"t","json_schema":{"a":1,"b":2}}}}"#,
            #"{"model":"mock/m","prompt":"Hi","options":{"response_format":{"json_schema":{"b":2,"a":1},"type":"t"}}}"#
        ),
        ("white space", #"{"model":"mock/m","prompt":"Hi"}"#, #" { "model" : "mock/m" , "prompt" : "Hi" } "#),
        ("escapes", #"{"model":"mock/m","prompt":"é/\n"}"#, #"{"model":"mock\/m","prompt":"\u00e9\/\u000a"}"#),
        (
            "a number's text", #"{"model":"mock/m","prompt":"Hi","options":{"temperature":0.7}}"#,
            #"{"model":"mock/m","prompt":"Hi","options":{"temperature":7.0E-1}}"#
        ),
        (
            "a whole double's text", #"{"model":"mock/m","prompt":"Hi","options":{"temperature":1.0}}"#,
            #"{"model":"mock/m","prompt":"Hi","options":{"temperature":1e0}}"#
        ),
        (
            "null options", #"{"model":"mock/m","prompt":"Hi"}"#,
            #"{"model":"mock/m","prompt":"Hi","options":{"seed":null},"extra_body":{}}"#
        ),
        (
            "prompt and system", #"{"model":"mock/m","prompt":"Hi","system":"S"}"#,
            #"{"model":"mock/m","messages":[{"role":"system","content":"S"},{"content":"Hi","role":"user"}]}"#
        ),
        (
            "id, metadata and resume", #"{"model":"mock/m","prompt":"Hi"}"#,
            #"{"id":"x","model":"mock/m","prompt":"Hi","metadata":{"a":1},"resume":"restart"}"#
        ),
        (
            "stream in a body",
            #"{"url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user"}],"stream":false}}"#,
            #"{"url":"/chat/completions","body":{"messages":[{"role":"user"}],"model":"m"}}"#
        ),
    ]

    @Test(arguments: same)
    func linesThatAskTheSameHaveOneHash(difference: String, first: String, second: String) throws {
        #expect(try parse(first).hash == parse(second).hash, "\(difference)")
    }

    private static let different: [(String, String, String)] = [
        ("the prompt", #"{"model":"mock/m","prompt":"Hi"}"#, #"{"model":"mock/m","prompt":"hi"}"#),
        ("the model", #"{"model":"mock/m","prompt":"Hi"}"#, #"{"model":"mock/n","prompt":"Hi"}"#),
        ("the provider", #"{"model":"mock/m","prompt":"Hi"}"#, #"{"model":"vllm/m","prompt":"Hi"}"#),
        (
            "an option", #"{"model":"mock/m","prompt":"Hi","options":{"seed":1}}"#,
            #"{"model":"mock/m","prompt":"Hi","options":{"seed":2}}"#
        ),
        (
            "a whole number and a double", #"{"model":"mock/m","prompt":"Hi","options":{"temperature":1}}"#,
            #"{"model":"mock/m","prompt":"Hi","options":{"temperature":1.0}}"#
        ),
        (
            "an option and the same member of extra_body", #"{"model":"mock/m","prompt":"Hi","options":{"seed":1}}"#,
            #"{"model":"mock/m","prompt":"Hi","extra_body":{"seed":1}}"#
        ),
        (
            "a null in extra_body, which is sent", #"{"model":"mock/m","prompt":"Hi"}"#,
            #"{"model":"mock/m","prompt":"Hi","extra_body":{"x":null}}"#
        ),
        (
            "the order of messages",
            #"{"model":"mock/m","messages":[{"role":"user","content":"a"},{"role":"user","content":"b"}]}"#,
            #"{"model":"mock/m","messages":[{"role":"user","content":"b"},{"role":"user","content":"a"}]}"#
        ),
        (
            "a speaker's name", #"{"model":"mock/m","messages":[{"role":"user","content":"a"}]}"#,
            #"{"model":"mock/m","messages":[{"role":"user","content":"a","name":"N"}]}"#
        ),
        (
            "a body and its stream_options",
            #"{"url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user"}]}}"#,
            #"{"url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user"}],"stream_options":{"x":1}}}"#
        ),
    ]

    @Test(arguments: different)
    func linesThatAskDifferentlyHaveDifferentHashes(difference: String, first: String, second: String) throws {
        #expect(try parse(first).hash != parse(second).hash, "\(difference)")
    }

    @Test func theHashCoversTheModelAfterDefaults() throws {
        let defaults = try InputDefaults(model: "mock/m")
        #expect(try parse(#"{"prompt":"Hi"}"#, defaults).hash == parse(#"{"model":"mock/m","prompt":"Hi"}"#).hash)
        let batch = #"{"url":"/v1/chat/completions","body":{"messages":[{"role":"user"}]}}"#
        let full = #"{"url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user"}]}}"#
        #expect(try parse(batch, defaults).hash == parse(full, InputDefaults(provider: "mock")).hash)
    }

    /// Stored databases and exported ids hang on this form: a change of it makes every old job a changed one.
    @Test func theCanonicalFormAndItsHashStayAsTheyAre() throws {
        let line = try parse(
            #"""
            {"model":"mock/m","messages":[{"role":"user","name":"N","content":"Hi \"é\""},
             {"role":"assistant","tool_calls":[{"function":{"arguments":"{}","name":"f"},"id":"1"}]},
             {"role":"tool","tool_call_id":"1","content":[{"type":"text","text":"r"}]}],
             "options":{"temperature":0.70,"seed":-0,"n":null},"extra_body":{"z":1e2,"a":[true,null]}}
            """#)
        let form = RequestHash.canonicalForm(line.content, line.model)
        #expect(
            String(decoding: form, as: UTF8.self) == #"""
                {"extra_body":{"a":[true,null],"z":100.0},"messages":[{"content":"Hi \"é\"","name":"N","role":"user"},\#
                {"role":"assistant","tool_calls":[{"function":{"arguments":"{}","name":"f"},"id":"1","type":"function"}]},\#
                {"content":[{"text":"r","type":"text"}],"role":"tool","tool_call_id":"1"}],"model":"m",\#
                "options":{"seed":-0,"temperature":0.7},"provider":"mock"}
                """#)
        #expect(line.hash.hexadecimal == "364434b1484731ebf26d866ef55e1f1f34f4c39c182d2d4b292c19a08ae27336")
        #expect(line.hash.prefix.hexadecimal == line.hash.hexadecimal.prefix(16))
    }

    @Test func theHashOfABodyCoversItWithoutModelAndStream() throws {
        let line = try parse(
            #"{"url":"/v1/chat/completions","body":{"stream":true,"model":"m","messages":[{"role":"user"}],"b":1.0}}"#)
        #expect(
            String(decoding: RequestHash.canonicalForm(line.content, line.model), as: UTF8.self)
                == #"{"body":{"b":1.0,"messages":[{"role":"user"}]},"model":"m","provider":"openai"}"#)
    }
}
