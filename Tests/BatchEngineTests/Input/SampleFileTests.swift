import LLMStreaming
import Testing

@testable import BatchEngine

/// The sample files of `jobs/` are what their users expect.
@Suite struct SampleFileTests {
    @Test(
        arguments: [
            (SampleFile.quickstart, 20, "mock", nil), (.openAIBatch, 5, "openai", nil),
            (.openAIResponsesBatch, 3, "openai", nil), (.azureBatch, 3, "azure", "azure"),
            (.vllmBatch, 2, "vllm", "vllm"),
            (.mistralBatch, 3, "mistral", nil), (.anthropicBatch, 5, "anthropic", nil),
            (.anthropicDocument, 3, "anthropic", nil),
        ] as [(SampleFile, Int, String, String?)])
    func isAJobARequestForOneProvider(file: SampleFile, jobs: Int, provider: String, option: String?) throws {
        let reading = InputReading(parser: JobLineParser(defaults: try InputDefaults(provider: option)))
        let summary = try InputValidator([.file(file.path)], reading).validate()
        #expect(summary.report.description == "")
        #expect(summary.jobs == jobs)
        #expect(summary.lines == jobs)
        #expect(summary.jobsByProvider == [provider: jobs])
    }

    /// The embedded mock takes every batch body in its own dialect, so that any file can be tried without a key.
    @Test(arguments: [
        (SampleFile.openAIBatch, Dialect.openAIChat), (.openAIResponsesBatch, .openAIResponses),
        (.vllmBatch, .openAIChat), (.mistralBatch, .openAIChat), (.anthropicBatch, .anthropicMessages),
        (.anthropicDocument, .anthropicMessages),
    ])
    func everyBatchGoesToTheMockInItsOwnDialect(file: SampleFile, dialect: Dialect) throws {
        let defaults = try InputDefaults(provider: "mock")
        let mock = try #require(defaults.catalog["mock"])
        let reading = InputReading(parser: JobLineParser(defaults: defaults))
        var feed = JobFeed([.file(file.path)], reading, checked: nil)
        while let batch = try feed.next(maximum: 100) {
            for job in batch.jobs {
                let request = try JobRequest(stored: job.request)
                #expect(job.provider == "mock")
                #expect(request.content.dialect(at: mock) == dialect)
                let sent = try RequestEncoder.encode(request.content, model: job.model, provider: mock)
                #expect(try JSONParser.parse(sent.body)["stream"] == true)
            }
        }
    }

    /// Twenty varied conversations: issue 2, item 9.
    @Test func theQuickstartIsVaried() throws {
        let parser = JobLineParser(defaults: standardDefaults)
        let lines = try SampleFile.quickstart.lines.map { try parser.parse($0) }
        let conversations = lines.compactMap { line -> (Conversation, CompletionOptions)? in
            if case .conversation(let conversation, let options, _) = line.content {
                (conversation, options)
            } else {
                nil
            }
        }
        #expect(conversations.contains { $0.0.messages.filter { $0.role == .user }.count > 2 })
        #expect(conversations.contains { $0.0.messages.contains { $0.role == .system } })
        #expect(conversations.contains { $0.0.messages.contains { $0.role == .tool } })
        #expect(conversations.contains { $0.1.tools != nil })
        #expect(conversations.allSatisfy { ($0.1.n ?? 1) == 1 })
        #expect(lines.contains { $0.customID == nil })
        #expect(lines.contains { $0.metadata != nil })
        #expect(SampleFile.quickstart.bytes.contains { $0 > 0x7F })
        let options = Set(conversations.flatMap { $0.1.names })
        #expect(options.count >= 10)
    }
}
