import Foundation
import Testing

/// What comments cite is in the manual: `Contract, "Job lines"` names an article and one of its headings.
struct CitationTests {
    /// The articles that the code is held against, by their titles.
    private static let articles = ["Contract", "Provider facts", "The database"]

    @Test func everyCitationNamesAHeadingOfItsArticle() throws {
        let headings = try Self.headings()
        // An article, and all headings that are named of it.
        let citation = #/\b([A-Z][a-z]+(?: [a-z]+)?), ((?:"[^"]+"(?:(?:,|;| and|, and) )?)+)/#
        var count = 0
        for (path, text) in try Self.comments() {
            for match in text.matches(of: citation) where Self.articles.contains(String(match.1)) {
                let known = try #require(headings[String(match.1)])
                for heading in match.2.matches(of: #/"([^"]+)"/#) {
                    count += 1
                    #expect(known.contains(String(heading.1)), "\(path): \(match.1) has no \(heading.0)")
                }
            }
        }
        #expect(count > 80)
    }

    /// Those documents are not in the repository.
    @Test func noCommentCitesWhatReadersDoNotHave() throws {
        for (path, text) in try Self.comments() {
            for match in text.matches(
                of: #/\b(?:SPEC|WIRE|FACTS|HOUSE|STYLE)(?:\.md| sections?)? ?\d[\d.]*|\b(?:SPEC|WIRE|FACTS)\.md\b/#)
            {
                Issue.record("\(path) cites \(match.0)")
            }
        }
    }

    @Test func everyArticleIsInTheManualsContents() throws {
        let contents = try String(
            contentsOf: Project.root.appending(path: "Sources/LLM4S/LLM4S.docc/LLM4S.md"), encoding: .utf8)
        for name in ["Contract", "ProviderFacts", "Database"] { #expect(contents.contains("<doc:\(name)>"), "\(name)") }
    }

    /// The headings of each article, by its title.
    private static func headings() throws -> [String: Set<String>] {
        var headings: [String: Set<String>] = [:]
        for page in try MarkdownPage.all() {
            let lines = page.text.split(separator: "\n")
            guard let title = lines.first?.dropFirst(2), articles.contains(String(title)) else { continue }
            headings[String(title)] = Set(
                lines.filter { $0.hasPrefix("## ") || $0.hasPrefix("### ") }
                    .map { String($0.drop { $0 == "#" }.dropFirst()) })
        }
        return headings
    }

    /// Each file of the project with its comments in running text: a citation may go on in the next line.
    private static func comments() throws -> [(path: String, text: String)] {
        let files = try ["Sources", "Tests", "schema", ".ci"].flatMap { folder in
            let names = try FileManager.default.subpathsOfDirectory(atPath: Project.root.appending(path: folder).path)
            return names.map { "\(folder)/\($0)" }
        }
        let endings = [".swift", ".c", ".h", ".sql", ".sh", ".yaml", ".py"]
        let own = URL(filePath: #filePath).lastPathComponent
        return try (files + ["Package.swift"]).filter { path in
            (path.hasPrefix(".ci/") || endings.contains(where: path.hasSuffix)) && !path.hasSuffix(own)
                && !isFolder(path)
        }.sorted().map { path in
            let text = try String(contentsOf: Project.root.appending(path: path), encoding: .utf8)
            let lines = text.split(separator: "\n").map { line in line.drop { " \t/#-*".contains($0) } }
            return (path, lines.joined(separator: " "))
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: Project.root.appending(path: path).path)
        return attributes?[.type] as? FileAttributeType == .typeDirectory
    }
}
