import Foundation
import Testing

/// SwiftPM lets a target import whatever its dependencies import; the arrows of the house are kept by this test.
struct ModuleBoundaryTests {
    /// What each target may import, as the article Architecture has it too; standard library modules are free to all but
    /// ServerSentEvents.
    static let allowed: [String: Set<String>] = [
        "ServerSentEvents": [],
        // The only import of the C library.
        "SystemCalls": ["Darwin", "Glibc", "Musl"],
        "LLMStreaming": ["ServerSentEvents", "Foundation"],
        "JSONSchema": ["LLMStreaming"],
        "AnswerChecks": ["JSONSchema", "LLMStreaming"],
        "LLM4S": [
            "AnswerChecks", "LLMStreaming", "ServerSentEvents", "SystemCalls", "NIOCore", "NIOPosix", "NIOHTTP1",
            "NIOHPACK", "NIOHTTP2", "NIOSSL", "NIOTLS", "Foundation",
        ],
        "BatchEngine": ["AnswerChecks", "BatchRows", "LLMStreaming", "CSHA256", "SystemCalls", "Foundation"],
        "BatchRows": ["LLMStreaming"],
        "BatchStore": ["BatchEngine", "LLMStreaming", "CSQLite", "SystemCalls"],
        "MockProvider": [
            "SystemCalls", "NIOCore", "NIOPosix", "NIOHTTP1", "NIOHTTP2", "NIOSSL", "NIOTLS", "Foundation",
        ],
        "BatchWatch": ["LLMStreaming", "NIOCore", "NIOPosix", "NIOHTTP1"],
        "LoadTesting": ["LLMStreaming", "Foundation"],
        "LLM4SBatch": [
            "AnswerChecks", "BatchEngine", "BatchRows", "BatchStore", "CoreMetrics", "LLM4S", "LLMStreaming",
            "Logging", "SystemCalls", "Foundation",
        ],
        // Only products: what a user's own package can import.
        "Examples": ["LLM4S", "LLM4SBatch", "Foundation"],
        "llm4s-batch": [
            "BatchEngine", "BatchStore", "BatchWatch", "CBuildCommit", "LLM4S", "LLM4SBatch", "LLMStreaming",
            "LoadTesting", "MockProvider", "SystemCalls", "ArgumentParser", "Foundation",
        ],
        "Benchmarks": [
            "BatchEngine", "BatchStore", "CBenchmarkCounters", "CLoadSource", "LLM4S", "LLM4SBatch", "LLMStreaming",
            "LoadTesting", "ServerSentEvents", "SystemCalls", "ArgumentParser", "Foundation",
        ],
    ]

    static let standardLibrary: Set<String> = ["Synchronization", "Dispatch"]

    @Test(arguments: allowed.keys.sorted())
    func importsWhatItsPlaceInTheHouseAllowsAndNothingElse(target: String) throws {
        let allowed = try #require(Self.allowed[target])
        let free = target == "ServerSentEvents" ? [] : Self.standardLibrary
        var files = 0
        var used: Set<String> = []
        for file in try Project.swiftFiles(below: "Sources/\(target)") {
            files += 1
            for module in try Self.imports(of: file) {
                used.insert(module)
                #expect(
                    allowed.contains(module) || free.contains(module),
                    "\(target)/\(file.lastPathComponent) imports \(module)")
            }
        }
        #expect(files > 0)
        // An arrow that nobody goes along is a wrong drawing.
        #expect(allowed.subtracting(used) == [], "\(target) imports them nowhere")
    }

    /// The command is wired in its commands: what prints or reads options knows neither network, mock nor load test.
    @Test(arguments: [
        ("Options", ["BatchEngine", "BatchStore", "LLM4SBatch", "LLMStreaming", "LoadTesting"]),
        ("Reports", ["BatchEngine", "BatchStore", "LLM4SBatch", "LLMStreaming"]),
        ("Progress", ["BatchEngine", "LLM4SBatch", "LLMStreaming"]),
    ])
    func aFolderOfTheCommandImportsOnlyWhatItShows(folder: String, targets: [String]) throws {
        let others = Set(Self.allowed.keys).subtracting(targets + ["SystemCalls"])
        let files = try Project.swiftFiles(below: "Sources/llm4s-batch/\(folder)")
        #expect(!files.isEmpty)
        for file in files {
            let imports = try Self.imports(of: file)
            #expect(others.isDisjoint(with: imports), "\(file.lastPathComponent) imports \(imports)")
        }
    }

    /// Package.swift declares what the table allows of our own targets, so that the table is the drawing.
    @Test func thePackageDeclaresTheSame() throws {
        let manifest = try String(contentsOf: Project.root.appending(path: "Package.swift"), encoding: .utf8)
            .replacing(/\.product\([^)]*\)/, with: "")
        let pattern = /\.(?:target|executableTarget)\(\s*name: "([^"]+)"(?:,\s*dependencies: \[([^\]]*)\])?/
        var declared: [String: Set<String>] = [:]
        for match in manifest.matches(of: pattern) {
            let names = (match.2 ?? "").matches(of: /"([\w-]+)"/).map { String($0.1) }
            declared[String(match.1)] = Set(names)
        }
        let own = Set(Self.allowed.keys).union(Self.inC)
        for (target, allowed) in Self.allowed where target != "Examples" {
            #expect(try #require(declared[target]) == allowed.intersection(own), "\(target)")
        }
    }

    static let inC: Set<String> = ["CBenchmarkCounters", "CBuildCommit", "CLoadSource", "CSHA256", "CSQLite"]

    @Test func everyTargetHasItsRule() throws {
        let targets = try FileManager.default.contentsOfDirectory(atPath: Project.root.appending(path: "Sources").path)
        #expect(Set(targets).subtracting(Self.inC) == Set(Self.allowed.keys))
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
