import Foundation
import Testing

/// SwiftPM lets a target import whatever its dependencies import; the arrows of the house are kept by this test.
struct ModuleBoundaryTests {
    /// What each target may import, as the article Architecture has it too; standard library modules are free to all but
    /// ServerSentEvents.
    static let allowed: [String: Set<String>] = [
        "ServerSentEvents": [],
        "LLMStreaming": ["ServerSentEvents", "Foundation"],
        "LLM4S": [
            "LLMStreaming", "ServerSentEvents", "NIOCore", "NIOPosix", "NIOHTTP1", "NIOSSL", "NIOConcurrencyHelpers",
            "NIOTLS", "Foundation",
        ],
        "BatchEngine": ["LLMStreaming", "CSHA256", "Foundation"],
        "BatchStore": ["BatchEngine", "LLMStreaming", "CSQLite", "Foundation"],
        "MockProvider": ["NIOCore", "NIOPosix", "NIOHTTP1", "NIOSSL", "NIOConcurrencyHelpers", "Foundation"],
        "LoadTesting": ["LLMStreaming", "Foundation"],
        "LLM4SBatch": ["BatchEngine", "BatchStore", "LLM4S", "LLMStreaming", "Foundation"],
        // Only products: what a user's own package can import.
        "Examples": ["LLM4S", "LLM4SBatch", "Foundation"],
        "llm4s-batch": [
            "BatchEngine", "BatchStore", "CBuildCommit", "LLM4S", "LLM4SBatch", "LLMStreaming", "LoadTesting",
            "MockProvider", "ArgumentParser", "Foundation",
        ],
        "Benchmarks": [
            "BatchEngine", "BatchStore", "CBenchmarkCounters", "CLoadSource", "LLM4S", "LLM4SBatch", "LLMStreaming",
            "LoadTesting", "ServerSentEvents", "ArgumentParser", "Foundation",
        ],
    ]

    static let standardLibrary: Set<String> = ["Synchronization", "Dispatch", "Glibc", "Musl", "Darwin"]

    @Test(arguments: allowed.keys.sorted())
    func importsOnlyWhatItsPlaceInTheHouseAllows(target: String) throws {
        let allowed = try #require(Self.allowed[target])
        let free = target == "ServerSentEvents" ? [] : Self.standardLibrary
        var files = 0
        for file in try Project.swiftFiles(below: "Sources/\(target)") {
            files += 1
            for module in try Self.imports(of: file) {
                #expect(
                    allowed.contains(module) || free.contains(module),
                    "\(target)/\(file.lastPathComponent) imports \(module)")
            }
        }
        #expect(files > 0)
    }

    @Test func everyTargetHasItsRule() throws {
        let targets = try FileManager.default.contentsOfDirectory(atPath: Project.root.appending(path: "Sources").path)
        let inC: Set<String> = ["CBenchmarkCounters", "CBuildCommit", "CLoadSource", "CSHA256", "CSQLite"]
        #expect(Set(targets).subtracting(inC) == Set(Self.allowed.keys))
    }

    private static func imports(of file: URL) throws -> [String] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            var words = line.split(separator: " ")
            while let first = words.first, first.hasPrefix("@") || ["public", "package", "internal"].contains(first) {
                words.removeFirst()
            }
            guard words.first == "import", words.count >= 2 else { return nil }
            let kinds: Set<Substring> = ["struct", "class", "enum", "func", "protocol", "var", "let", "typealias"]
            let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
            return name.split(separator: ".").first.map(String.init)
        }
    }
}
