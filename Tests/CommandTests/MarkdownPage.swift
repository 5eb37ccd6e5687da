import Foundation

/// A page of the documentation: its blocks and spans of code.
struct MarkdownPage {
    /// A fenced block.
    struct Block {
        var language: String
        var text: String
    }

    var path: String
    var text: String

    /// The README and the articles of the documentation.
    static func all() throws -> [MarkdownPage] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: Project.root.appending(path: "Sources").path)
        let articles = names.filter { $0.contains(".docc/") && $0.hasSuffix(".md") }.map { "Sources/\($0)" }
        return try (["README.md"] + articles.sorted()).map(MarkdownPage.init(path:))
    }

    init(path: String) throws {
        self.path = path
        text = try String(contentsOf: Project.root.appending(path: path), encoding: .utf8)
    }

    var blocks: [Block] {
        var blocks: [Block] = []
        var open: Block?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                if let block = open { blocks.append(block) }
                open = open == nil ? Block(language: String(line.dropFirst(3)), text: "") : nil
            } else if let block = open {
                open?.text = block.text.isEmpty ? String(line) : block.text + "\n" + line
            }
        }
        return blocks
    }

    /// The code in running text.
    var spans: [String] {
        var prose = ""
        var isCode = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") { isCode.toggle() } else if !isCode { prose += line + "\n" }
        }
        return prose.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element).replacing("\n", with: " ") }
    }

    /// The commands of console blocks, with what is shown of each.
    var sessions: [[(command: String, shown: [String])]] {
        blocks.filter { $0.language == "console" }.map { block in
            var commands: [(command: String, shown: [String])] = []
            for line in block.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
                if line.hasPrefix("$ ") {
                    commands.append((String(line.dropFirst(2)), []))
                } else if !commands.isEmpty {
                    commands[commands.count - 1].shown.append(line)
                }
            }
            return commands
        }
    }
}
