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
