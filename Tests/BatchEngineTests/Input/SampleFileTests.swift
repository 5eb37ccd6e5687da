import LLMStreaming
import Testing

@testable import BatchEngine

/// The sample files of `jobs/` are what their users expect.
@Suite struct SampleFileTests {
    @Test(arguments: [
        (SampleFile.quickstart, 20, "mock"), (.openAIBatch, 5, "openai"), (.anthropicBatch, 5, "anthropic"),
        (.anthropicDocument, 3, "anthropic"),
    ])
    func isAJobARequestForOneProvider(file: SampleFile, jobs: Int, provider: String) throws {
        let reading = InputReading(parser: JobLineParser(defaults: standardDefaults))
        let summary = try InputValidator([.file(file.path)], reading).validate()
        #expect(summary.report.description == "")
        #expect(summary.jobs == jobs)
        #expect(summary.lines == jobs)
        #expect(summary.jobsByProvider == [provider: jobs])
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
