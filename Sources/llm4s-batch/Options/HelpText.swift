import LLMStreaming
import SystemCalls

/// The width that the argument parser's help is wrapped to.
enum HelpText {
    /// Below it the parser has no room for its column of meanings, and stops the program or leaves them out.
    private static let leastWidth = 40

    /// That of COLUMNS, else of the terminal.
    static var width: Int {
        let wanted = ProcessEnvironment.variables["COLUMNS"].flatMap { Int($0) } ?? Console.outputWidth ?? 80
        return max(leastWidth, wanted)
    }
}

/// The variables of the environment, as help and manual tell them: those of providers from the table of providers.
enum EnvironmentHelp {
    static let heading = "Environment (a flag goes before it, and it before the configuration file):"

    /// The help of a command that runs jobs, with the variables behind its options, where the argument parser has no
    /// place for anything; another's as it is.
    ///
    /// - Parameter width: of the terminal; nil where it goes elsewhere.
    static func completing(_ help: String, width: Int? = nil) -> String {
        guard ["run", "resume", "retry"].contains(where: { help.contains("\nUSAGE: llm4s-batch \($0) ") }) else {
            return help
        }
        return "\(help)\n\(text(width: width))"
    }

    /// A line each, or as many as the width makes of it.
    private static func text(width: Int?) -> String {
        let lines = entries.flatMap { entry in
            TerminalText.wrapped(
                entry.meaning, first: "  \(entry.name.padded(to: 24)) ", indentation: 27, width: width)
        }
        return (TerminalText.wrapped(heading, first: "", indentation: 2, width: width) + lines).joined(separator: "\n")
    }

    /// Each variable and what it is for.
    static var entries: [(name: String, meaning: String)] {
        var entries = [
            ("LLM_MODEL", "model of lines without one, as provider/model"),
            ("LLM4S_SHARD", "number of the shard, for --shard auto/N"),
        ]
        let catalog = ProviderCatalog()
        for provider in catalog.names.compactMap({ catalog[$0] }) where !catalog.presets.contains(provider.name) {
            entries += variables(of: provider)
        }
        for provider in catalog.presets.sorted().compactMap({ catalog[$0] }) {
            let meaning = "key of \(provider.name)/; \(provider.baseURLVariables.joined()) for another URL"
            entries += each(provider.keyVariables, meaning)
        }
        return entries + [
            ("HTTPS_PROXY, HTTP_PROXY", "an HTTP proxy; lower case goes first"),
            ("NO_PROXY", "what is reached without it"),
            ("SSL_CERT_FILE", "certificate authorities to trust; see --ca-file"),
            ("NO_COLOR", "no bar and no redrawn lines"),
            ("XDG_CONFIG_HOME", "holds llm4s-batch/config.json (default: ~/.config)"),
        ]
    }

    private static func variables(of provider: Provider) -> [(String, String)] {
        let keys = provider.keyVariables + provider.tokenVariables
        let url = provider.baseURL.isEmpty ? "" : " (\(provider.baseURL))"
        return each(keys, "key of \(provider.name)/\(provider.needsKey ? "" : ", if its server wants one")")
            + each(provider.baseURLVariables, "URL of \(provider.name)/, or several with commas\(url)")
            + each(provider.apiVersionVariables, "a date: the dated paths of \(provider.name)/")
    }

    private static func each(_ names: [String], _ meaning: String) -> [(String, String)] {
        names.enumerated().map { ($1, $0 == 0 ? meaning : "in place of \(names[0])") }
    }
}

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
