import Foundation
import Testing

/// The article on the architecture is true: its files exist, and its table of modules is the one that imports are held to.
struct ArchitectureTests {
    private static let article = "Sources/LLM4S/LLM4S.docc/Architecture.md"

    @Test func everyFileOfTheWalkExists() throws {
        let files = try MarkdownPage(path: Self.article).spans.filter { $0.hasSuffix(".swift") }
        #expect(files.count >= 30)
        #expect(Set(files).count == files.count, "a job crosses each file once")
        for file in files {
            let path = Project.root.appending(path: "Sources/\(file)").path
            #expect(FileManager.default.fileExists(atPath: path), "\(file)")
        }
    }

    /// A file that is longer has a second idea in it, but for these.
    @Test func noFileIsLongerThanOneIdea() throws {
        // A state machine whose private state no other file shall touch.
        let exceptions: Set<String> = ["SSEParser.swift"]
        let files = try Project.swiftFiles(below: "Sources")
        #expect(files.count > 300)
        for file in files where !exceptions.contains(file.lastPathComponent) {
            let lines = try String(contentsOf: file, encoding: .utf8).split(
                separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count <= 251, "\(file.lastPathComponent)")
        }
    }

    @Test func theTableOfModulesSaysWhatImportsAreHeldTo() throws {
        let rows = try MarkdownPage(path: Self.article).text
            .matches(of: #/\n\| `+(?<module>[\w-]+)`+ \| [^|]+ \| (?<imports>[^|\n]*) \|/#)
        let ours = Set(
            try FileManager.default.contentsOfDirectory(atPath: Project.root.appending(path: "Sources").path))
        #expect(rows.count >= 10)
        for row in rows where !row.imports.hasPrefix("all") {
            let told = Set(row.imports.split(separator: ", ").map { $0.trimmingCharacters(in: .whitespaces) })
            let allowed = try #require(ModuleBoundaryTests.allowed[String(row.module)], "\(row.module)")
            #expect(told.subtracting(["none"]) == allowed.intersection(ours), "\(row.module)")
        }
    }
}
