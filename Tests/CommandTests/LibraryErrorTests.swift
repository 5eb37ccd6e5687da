// Only the product: what a user's program has.
import Foundation
import LLM4SBatch
import Testing

/// What programs show of an error of the libraries is a sentence.
struct LibraryErrorTests {
    @Test func everyPublicErrorShowsItsSentenceAsItsLocalizedDescription() async throws {
        let runner = BatchRunner(database: "/nonexistent/answers.db", environment: [:])
        let ofBatch = await #expect(throws: BatchError.self) { try await runner.run(["/nonexistent.jsonl"]) }
        let errors: [any Error & CustomStringConvertible] = [
            LLMError(.rateLimit, "too many requests"), ConfigurationError("set OPENAI_API_KEY"),
            SSEError.eventTooLarge(limit: 8), try #require(ofBatch),
        ]
        for error in errors {
            #expect((error as any Error).localizedDescription == error.description)
            #expect(error is any LocalizedError && error.description.contains(" "), "\(type(of: error))")
            #expect(!error.description.contains("\(type(of: error))"), "no name of a type: \(error)")
        }
        #expect(Set(errors.map { "\(type(of: $0))" }) == (try Self.declaredErrors()))
    }

    /// The names of the public error types in the sources of the products.
    private static func declaredErrors() throws -> Set<String> {
        let targets = ["ServerSentEvents", "LLMStreaming", "LLM4S", "BatchEngine", "BatchStore", "LLM4SBatch"]
        var names: Set<String> = []
        for file in try targets.flatMap({ try Project.swiftFiles(below: "Sources/\($0)") }) {
            let text = try String(contentsOf: file, encoding: .utf8)
            let types = /public (?:indirect )?(?:struct|enum|actor|final class|class) (\w+)[^{\n]*[:,] ?Error\b/
            for match in text.matches(of: types) { names.insert(String(match.1)) }
        }
        return names
    }
}
