import LLMStreaming
import Testing

@testable import BatchEngine

/// The JSON Schema of a job line and the parser say the same.
@Suite struct JobLineSchemaTests {
    private let schema: JSON

    init() throws { schema = try JSONParser.parse(JobLineSchema.json) }

    private func properties(_ definition: String, _ path: String...) -> Set<String> {
        var value = schema["$defs"]?[definition]
        for name in path { value = value?["properties"]?[name] }
        return Set(value?["properties"]?.object?.members.map(\.key) ?? [])
    }

    private func words(_ definition: String, _ property: String) -> Set<String> {
        Set(schema["$defs"]?[definition]?["properties"]?[property]?["enum"]?.array?.compactMap(\.string) ?? [])
    }

    @Test func itNamesExactlyTheFieldsThatTheParserKnows() {
        #expect(properties("native_line") == Set(LineField.Native.names))
        #expect(properties("openai_batch_line") == Set(LineField.OpenAIBatch.names))
        #expect(properties("mistral_batch_line") == Set(LineField.MistralBatch.names))
        #expect(properties("anthropic_batch_line") == Set(LineField.AnthropicBatch.names))
        #expect(properties("message") == Set(LineField.Message.names))
        #expect(properties("tool_call") == Set(LineField.ToolCall.names))
        #expect(properties("called_function") == Set(LineField.Function.names))
        #expect(properties("called_tool") == Set(LineField.CustomTool.names))
        #expect(properties("options") == Set(CompletionOptions.Name.allCases.map(\.rawValue)))
        #expect(properties("native_line", "extra_body") == Set(NativeReader.reservedBodyMembers))
    }

    @Test func itNamesExactlyTheWordsThatTheParserKnows() {
        #expect(words("message", "role") == Set(Message.Role.allCases.map(\.rawValue)))
        #expect(words("native_line", "resume") == Set(ResumePolicy.allCases.map(\.rawValue)))
        #expect(words("options", "reasoning") == Set(OptionsReader.reasoningEfforts))
        #expect(words("options", "api") == Set(OptionsReader.interfaces))
    }

    @Test(arguments: SampleFile.lineFiles.filter { $0 != .faults })
    func itAcceptsEverySampleLine(file: SampleFile) throws {
        for line in file.lines {
            #expect(
                try SchemaChecker(root: schema).accepts(JSONParser.parse(line)),
                "\(String(decoding: line, as: UTF8.self))")
        }
    }

    /// Lines of `faults.jsonl` that are well formed and whose fault lies beyond a schema's reach.
    private static let beyondSchemas: [String] = [
        "duplicate id", "more than --max-line-bytes", "unknown provider", "names a provider but no model", "no model",
        "is given twice", "which the assistant message before it", "has no field at provider", "are not a JSON object",
        "half of a surrogate pair", "not UTF-8", "is not possible for", "in body.messages",
    ]

    @Test func itRefusesEveryFaultThatASchemaCanSay() throws {
        let reading = InputReading(
            parser: JobLineParser(defaults: standardDefaults), maximumLineBytes: 4096, skipsInvalid: true)
        var feed = JobFeed([.file(SampleFile.faults.path)], reading, checked: nil)
        var refused = 0
        while let batch = try feed.next(maximum: 100) {
            for line in batch.rejectedLines {
                guard !Self.beyondSchemas.contains(where: line.reason.contains), let text = line.text,
                    let value = try? JSONParser.parse(text)
                else { continue }
                #expect(!SchemaChecker(root: schema).accepts(value), "line \(line.line): \(line.reason)")
                refused += 1
            }
        }
        #expect(refused > 70)
    }

    /// Damaged sample lines: where the parser finds no fault, the schema finds none.
    @Test func itAcceptsWhatTheParserAccepts() throws {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        let parser = JobLineParser(defaults: standardDefaults)
        let values = SampleFile.lineFiles.flatMap(\.lines).compactMap { try? JSONParser.parse($0).object }
        let members = values.flatMap(\.members)
        for _ in 0..<3000 {
            var object = values.randomElement(using: &random)!
            let change = members.randomElement(using: &random)!
            object[change.key] = Bool.random(using: &random) ? .null : change.value
            let line = JSON.object(object)
            guard (try? parser.parse(line.bytes)) != nil else { continue }
            #expect(SchemaChecker(root: schema).accepts(line), "\(line.text), seed \(SeededGenerator.seed)")
        }
    }
}
