/// The argument parser's lines on how a command is used, in lines of at most 80 characters.
enum UsageText {
    private static let usualWidth = 80
    private static let heads = ["USAGE: ", "Usage: "]

    /// A message with its lines of usage wrapped; what belongs together in brackets stays so.
    ///
    /// - Parameter width: of the terminal; nil where it goes elsewhere.
    static func wrapped(_ message: String, width: Int? = nil) -> String {
        let width = min(usualWidth, max(20, width ?? usualWidth))
        return message.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [String] in
            guard line.count > width, heads.contains(where: line.hasPrefix) else { return [String(line)] }
            return wrapped(line, width)
        }.joined(separator: "\n")
    }

    private static func wrapped(_ line: Substring, _ width: Int) -> [String] {
        var lines = [""]
        for part in parts(line) {
            if lines[lines.count - 1].count + 1 + part.count > width { lines.append("        ") }
            let isFirst = lines[lines.count - 1].allSatisfy { $0 == " " }
            lines[lines.count - 1] += (isFirst ? "" : " ") + part
        }
        return lines
    }

    /// The words, and what is in brackets as one.
    private static func parts(_ line: Substring) -> [String] {
        var (parts, depth) = ([""], 0)
        for character in line {
            if character == "[" { depth += 1 } else if character == "]" { depth -= 1 }
            if character == " ", depth == 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
        }
        return parts
    }
}
