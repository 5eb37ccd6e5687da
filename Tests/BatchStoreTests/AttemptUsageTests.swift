import BatchEngine
import LLMStreaming
import Testing

@testable import BatchStore

@Suite struct AttemptUsageTests {
    private func usage(_ text: String?) throws -> TokenUsage? {
        try text.map { TokenUsage(raw: try #require(JSONParser.parse($0).object)) }
    }

    @Test(
        arguments: [
            (#"{"prompt_tokens":3,"completion_tokens":9}"#, true, 4, 3, 9, "provider"),
            // Anthropic's opening report counts one token of an answer that then went on.
            (#"{"input_tokens":3,"output_tokens":1}"#, false, 40, 3, 40, "mixed"),
            (#"{"prompt_tokens":3,"completion_tokens":50}"#, false, 40, 3, 50, "provider"),
            (#"{"prompt_tokens":3}"#, true, 4, 3, 4, "mixed"),
            (#"{"prompt_tokens":3}"#, false, 0, 3, nil, "mixed"),
            (nil, true, 4, nil, 4, "estimate"),
            (nil, false, 0, nil, nil, "none"),
        ] as [(String?, Bool, Int, Int?, Int?, String)])
    func aReportIsBelievedAsFarAsItGoes(
        _ report: String?, isComplete: Bool, pieces: Int, prompt: Int?, completion: Int?, source: String
    ) throws {
        let known = AttemptUsage(reported: try usage(report), isComplete: isComplete, pieces: pieces)
        #expect(known.promptTokens == prompt)
        #expect(known.completionTokens == completion)
        #expect(known.source.rawValue == source)
    }
}
