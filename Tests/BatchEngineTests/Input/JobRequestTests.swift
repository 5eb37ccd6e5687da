import LLMStreaming
import Testing

@testable import BatchEngine

/// What is stored of a line says again what the line said.
@Suite struct JobRequestTests {
    private static let lines = [
        #"{"id":"a","model":"mock/m","prompt":"Hi","system":"S","metadata":{"a":1}}"#,
        #"{"custom_id":"a","prompt":"Hi","model":"anthropic/m","options":{"temperature":0.70,"max_tokens":5,"stop":"x"}}"#,
        #"{"model":"openai/gpt-5","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}],"options":{"max_tokens":1E1,"tools":[{"type":"function","function":{"name":"f","parameters":{"z":1,"a":2}}}]},"extra_body":{"b":1,"a":1.50},"resume":"continue"}"#,
        #"{"url":"/v1/chat/completions","body":{"n":2,"model":"m","messages":[{"role":"user","content":"\u00e9"}],"x":1.0,"stream":false}}"#,
        #"{"custom_id":"a","params":{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}],"top_k":5}}"#,
    ]

    @Test(
        arguments: lines
            + (SampleFile.quickstart.lines + SampleFile.openAIBatch.lines + SampleFile.anthropicBatch.lines)
            .map { String(decoding: $0, as: UTF8.self) })
    func theStoredRequestReadsBackAndIsSentByteForByte(line: String) throws {
        let parsed = try parse(line)
        let read = try JobRequest(stored: parsed.request)
        #expect(read.content == parsed.content)
        let provider = try #require(ProviderCatalog()[parsed.model.provider])
        let now = try RequestEncoder.encode(parsed.content, model: parsed.model.model, provider: provider)
        let later = try RequestEncoder.encode(read.content, model: parsed.model.model, provider: provider)
        #expect(now.body == later.body)
    }

    @Test func theStoredRequestKeepsOrderAndNumbersAndLeavesOutTheColumns() throws {
        let line = try parse(
            #"{"options":{"temperature":0.70,"seed":1},"id":"a","prompt":"é\/","model":"mock/m","metadata":{},"extra_body":{"z":1E5,"a":null},"resume":"auto"}"#
        )
        #expect(
            String(decoding: line.request, as: UTF8.self)
                == #"{"options":{"temperature":0.70,"seed":1},"prompt":"é/","extra_body":{"z":1E5,"a":null},"resume":"auto"}"#
        )
    }

    @Test func theStoredRequestOfABatchLineIsItsURLAndBodyOrItsParams() throws {
        let openAI = try parse(
            #"{"custom_id":"a","method":"POST","body":{"messages":[{"role":"user"}],"model":"m"},"url":"/chat/completions"}"#
        )
        #expect(
            String(decoding: openAI.request, as: UTF8.self)
                == #"{"url":"/chat/completions","body":{"messages":[{"role":"user"}],"model":"m"}}"#)
        let anthropic = try parse(#"{"params":{"model":"m","messages":[{"role":"user"}]},"custom_id":"a"}"#)
        #expect(
            String(decoding: anthropic.request, as: UTF8.self)
                == #"{"params":{"model":"m","messages":[{"role":"user"}]}}"#)
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"prompt":1}"#, #"{"messages":[{"role":"x"}]}"#, #"{"prompt":"x","resume":"perhaps"}"#,
        #"{"prompt":"x","options":{"temperature":"hot"}}"#, #"{"prompt":"x","options":{"max_tokens":0}}"#,
        #"{"messages":[{"role":"assistant","tool_calls":[{"id":"c","function":{}}]}]}"#,
        #"{"messages":[{"role":"user","content":1}]}"#,
    ])
    func whatNoParserStoredIsAnInvalidRequest(text: String) {
        #expect { try JobRequest(stored: Array(text.utf8)) } throws: { error in
            (error as? LLMError)?.kind == .invalidRequest
        }
    }
}
