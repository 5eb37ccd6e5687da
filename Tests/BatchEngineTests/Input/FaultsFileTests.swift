import Testing

@testable import BatchEngine

/// `jobs/faults.jsonl`: one line for every fault (Contract, "Job lines").
@Suite struct FaultsFileTests {
    /// The bound under which the file's long line is too long.
    private let maximumLineBytes = 4096

    @Test func everyLineHasExactlyTheFaultItWasMadeFor() throws {
        let lines = SampleFile.faults.lines
        #expect(lines.count == Self.expectedFaults.count)
        let reading = InputReading(
            parser: JobLineParser(defaults: standardDefaults), maximumLineBytes: maximumLineBytes, skipsInvalid: true)
        var feed = JobFeed([.file(SampleFile.faults.path)], reading, checked: nil)
        var found = [String?](repeating: nil, count: lines.count)
        while let batch = try feed.next(maximum: 10) {
            for line in batch.rejectedLines { found[line.line - 1] = line.reason }
        }
        for (index, expected) in Self.expectedFaults.enumerated() {
            // Only the check of the whole file says which line has the id already.
            let expected = expected?.prefix { $0 != ";" || !(expected?.hasPrefix("duplicate") ?? false) }
            #expect(found[index] == expected.map(String.init), "line \(index + 1)")
        }
    }

    @Test func theReportShowsTheFirstFiftyAndCountsTheOthers() throws {
        let reading = InputReading(
            parser: JobLineParser(defaults: standardDefaults), maximumLineBytes: maximumLineBytes)
        let summary = try InputValidator([.file(SampleFile.faults.path)], reading).validate()
        let expected = Self.expectedFaults.enumerated().compactMap { index, reason in
            reason.map { "\(SampleFile.faults.path):\(index + 1): \($0)" }
        }
        #expect(summary.report.count == expected.count)
        #expect(summary.lines == Self.expectedFaults.count)
        #expect(summary.jobs == 1)
        let text = expected.prefix(50) + ["… and \(expected.count - 50) more"]
        #expect(summary.report.description == text.joined(separator: "\n"))
    }

    /// Why each line of the file is refused; nil for the one that is not.
    private static let expectedFaults: [String?] = [
        "not JSON: a comma is missing at byte 42",
        "not JSON: a member's name is missing at byte 1",
        "not JSON: text after the value at byte 44",
        "not JSON: unexpected character at byte 71",
        "not JSON: nested deeper than 256 at byte 1543",
        "not UTF-8: byte 0xe9 at byte 42",
        "not Unicode: half of a surrogate pair is escaped at byte 54",
        "a job line must be a JSON object, not an array; jq -c '.[]' makes a line of each of its elements",
        "the line has 4,168 bytes, more than --max-line-bytes allows (4,096)",
        "unknown field 'propmt'; did you mean 'prompt'?",
        "unknown field 'temperature'; it belongs in 'options'",
        "unknown field 'comment'",
        "'prompt' is given twice",
        "unknown field 'temprature' in options; did you mean 'temperature'?",
        "unknown field 'top_k' in options; did you mean 'top_p'?",
        "unknown field 'repetition_penalty' in options; fields of one provider's own go in 'extra_body'",
        "unknown field 'contnet' in messages[0]; did you mean 'content'?",
        "'id' must be a string, not 17",
        "'id' must have 1 to 256 characters, not 0",
        "'id' must have 1 to 256 characters, not 257",
        "both 'id' and 'custom_id' are given; give one of them",
        nil,
        "duplicate id 'twice'; line 22 has it already",
        "'model' must be a string, not 5",
        "'model': 'mokc/assistant': unknown provider 'mokc'; did you mean 'mock'?; or give --provider",
        "'model': 'meta-llama/Llama-3.1-8B': unknown provider 'meta-llama'; known are anthropic, azure, baseten, cerebras, dashscope, deepinfra, deepseek, fireworks, gemini, groq, huggingface, hyperbolic, llamacpp, minimax, mistral, mock, moonshot, novita, nvidia, ollama, openai, openrouter, perplexity, sambanova, scaleway, sglang, siliconflow, together, vercel, vllm, xai, zai; or give --provider",
        "'model': 'openai/' names a provider but no model",
        "no model: give 'model' in the line, or --model",
        "neither 'messages' nor 'prompt' is given",
        "both 'messages' and 'prompt' are given; give one of them",
        "'prompt' must be a string, not an array of strings",
        "'prompt' is empty",
        "'system' goes with 'prompt' only; among 'messages' give one of role system",
        "'messages' must be an array, not a string",
        "'messages' is empty",
        "messages[0] must be an object, not a string",
        "'role' is missing in messages[0]",
        "unknown role 'usr' in messages[0]; did you mean 'user'?",
        "unknown role 'bot' in messages[1]",
        "'content' is missing in messages[0]",
        "'content' in messages[0] must be a string or an array of parts, not an object",
        "'content' in messages[0] is empty",
        "messages[0].content[0] must be an object with a 'type'",
        "messages[1] answers the tool call 'call_1', which the assistant message before it does not make",
        "messages[2] answers the tool call 'call_2', which the assistant message before it does not make",
        "'tool_call_id' is missing in messages[2]",
        "'tool_call_id' in messages[0] belongs to the role tool only",
        "'tool_calls' in messages[0] belongs to the role assistant only",
        "messages[1].tool_calls[0] must be an object, not a string",
        "'type' in messages[1].tool_calls[0] must be 'function' or 'custom'",
        "'id' is missing in messages[1].tool_calls[0]",
        "'function' is missing in messages[1].tool_calls[0]",
        "'name' is missing in messages[1].tool_calls[0].function",
        "'arguments' in messages[1].tool_calls[0].function must be a string, not an object",
        "unknown field 'cost' in messages[1].tool_calls[0]; a batch line's body is passed on as it is",
        "'options' must be an object, not an empty array",
        "'temperature' in options must be a number from 0 to 2, not 2.5",
        "'temperature' in options must be a number from 0 to 2, not a string",
        "'top_p' in options must be a number from 0 to 1, not -0.1",
        "'presence_penalty' in options must be a number from -2 to 2, not 3",
        "'frequency_penalty' in options must be a number from -2 to 2, not -2.1",
        "'max_tokens' in options must be a whole number from 1, not 0",
        "'max_tokens' in options must be a whole number from 1, not 10.5",
        "'n' in options must be a whole number from 1, not 0",
        "'seed' in options must be a whole number, not a string",
        "'stop' in options must be a string or an array of strings, not an array of mixed values",
        "'tools' in options must be an array of objects, not an array of strings",
        "'tool_choice' in options must be a string or an object, not a boolean",
        "'response_format' in options must be an object, not a string",
        "'reasoning' in options must be one of 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', not 'extreme'",
        "'reasoning_budget_tokens' in options must be a whole number from 1, not 0",
        "'reasoning' in options must be one of 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', not 3",
        "'api' in options must be one of 'chat', 'responses', not 'grpc'",
        "option 'api' has no field at provider 'llamacpp'",
        "option 'seed' has no field at provider 'anthropic'",
        "the arguments of tool call 'call_1' are not a JSON object",
        "'extra_body' must be an object, not a string",
        "'stream' in extra_body may not be set; it is made from the rest of the line",
        "'metadata' must be an object, not a string",
        "'resume' must be one of 'auto', 'replay', 'prefill', 'continue', 'restart', not 'maybe'",
        "'resume': 'replay' is not possible for vllm/tiny; possible there: auto, prefill, continue, restart",
        "'resume': 'prefill' is not possible for openai/gpt-6-luna; possible there: auto, continue, restart",
        "'input' is missing in body",
        "'url': '/v1/embeddings' is not available; /v1/chat/completions, /v1/responses and /v1/messages are",
        "'method' must be 'POST', not 'GET'",
        "'body' is missing",
        "'body' must be an object, not a string",
        "unknown field 'prompt'",
        "no model: give 'model' in body, or --model",
        "'model' in body must be a string, not 7",
        "'messages' is missing in body",
        "'messages' in body is empty",
        "body.messages[0] must be an object with a 'role'",
        "unknown role 'asistant' in body.messages[0]; did you mean 'assistant'?",
        "'params' must be an object, not an empty array",
        "'messages' in params is empty",
        "unknown field 'method'",
        "no model: give 'model' in body, or --model",
        "unknown field 'endpoint'",
        #"a batch as one document must be alone in its file and be {"requests": [...]}, without another member"#,
    ]
}
