import LLMStreaming

/// The manual page, in the man macros of roff, made from what the argument parser tells of the commands.
struct ManualPage {
    /// As `--experimental-dump-help` prints it.
    var help: JSON

    var text: String {
        let command = help["command"] ?? .null
        let name = command["commandName"]?.string ?? ""
        var lines = [
            ".TH \(name.uppercased()) 1 \"\" \"\(name) \(Version.number)\"", ".SH NAME",
            "\(Self.escaped(name)) \\- \(Self.escaped(command["abstract"]?.string ?? ""))", ".SH SYNOPSIS",
            ".B \(Self.escaped(name))", ".I COMMAND", "[OPTIONS]", ".SH DESCRIPTION",
        ]
        lines += Self.paragraphs(command["discussion"]?.string ?? "")
        lines.append(".SH COMMANDS")
        for subcommand in command["subcommands"]?.array ?? [] where subcommand["shouldDisplay"]?.bool != false {
            lines += Self.section(subcommand)
        }
        lines.append(".SH ENVIRONMENT")
        lines += Self.paragraphs(EnvironmentHelp.heading)
        for (name, meaning) in EnvironmentHelp.entries { lines += Self.entry("\\fB\(Self.escaped(name))\\fR", meaning) }
        lines.append(".SH EXIT STATUS")
        for (status, meaning) in ManualText.exitStatus { lines += Self.entry("\\fB\(status)\\fR", meaning) }
        lines += [".PP", Self.escaped(ManualText.exitOrder), ".SH EXAMPLES"]
        for (meaning, command) in ManualText.examples {
            if !meaning.isEmpty { lines += [".PP", Self.escaped(meaning)] }
            lines += [".PP", ".nf", "    " + Self.escaped(command), ".fi"]
        }
        return (lines + [".SH SEE ALSO", ".BR sqlite3 (1)"]).joined(separator: "\n")
    }

    private static func section(_ command: JSON) -> [String] {
        let name = command["commandName"]?.string ?? ""
        let arguments = (command["arguments"]?.array ?? []).filter { !isCommon($0) }
        let positional = arguments.filter(isPositional).map { argument in
            "\(argument["valueName"]?.string ?? "")\(argument["isRepeating"]?.bool == true ? "..." : "")"
        }
        var lines = [".SS \"\(escaped(([name, "[OPTIONS]"] + positional).joined(separator: " ")))\""]
        lines += paragraphs(command["abstract"]?.string ?? "")
        let discussion = command["discussion"]?.string ?? ""
        if !discussion.isEmpty { lines += [".PP"] + paragraphs(discussion) }
        return lines + arguments.flatMap(entry)
    }

    /// Whether every command has it.
    private static func isCommon(_ argument: JSON) -> Bool {
        ["help", "version"].contains(argument["preferredName"]?["name"]?.string)
    }

    private static func isPositional(_ argument: JSON) -> Bool { argument["kind"]?.string == "positional" }

    private static func entry(_ argument: JSON) -> [String] {
        let value = "\\fI\(escaped(argument["valueName"]?.string ?? ""))\\fR"
        let names = (argument["names"]?.array ?? []).map { name in
            let dashes = name["kind"]?.string == "long" ? "--" : "-"
            return "\\fB\(escaped(dashes + (name["name"]?.string ?? "")))\\fR"
        }
        let head =
            isPositional(argument)
            ? value : names.joined(separator: ", ") + (argument["kind"]?.string == "flag" ? "" : " " + value)
        var notes: [String] = []
        if let words = argument["allValues"]?.array?.compactMap(\.string) {
            notes.append("values: \(words.joined(separator: ", "))")
        }
        if let usual = argument["defaultValue"]?.string { notes.append("default: \(usual)") }
        let meaning = argument["abstract"]?.string ?? ""
        return entry(head, meaning + (notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))"))
    }

    private static func entry(_ head: String, _ meaning: String) -> [String] { [".TP", head] + paragraphs(meaning) }

    /// Text in paragraphs; lines that begin with a blank keep their form.
    private static func paragraphs(_ text: String) -> [String] {
        var lines: [String] = []
        var isFilled = true
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix(" ") == isFilled {
                lines.append(isFilled ? ".nf" : ".fi")
                isFilled.toggle()
            }
            lines.append(line.isEmpty ? ".PP" : escaped(String(line)))
        }
        if !isFilled { lines.append(".fi") }
        while lines.last == ".PP" { lines.removeLast() }
        return lines
    }

    /// The text with what roff would take for its own made plain.
    private static func escaped(_ text: String) -> String {
        let plain = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\"", with: "\\(dq")
        return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
    }
}

/// What the manual page says beside what the argument parser knows.
enum ManualText {
    /// Each exit status and its meaning; where several hold, the first of the order that is told.
    static let exitStatus = [
        ("0", "every job is completed"), ("1", "some job has failed or was cancelled, now or earlier"),
        ("2", "usage or input error; of files nothing was sent"),
        ("3", "the database cannot be used: locked by another worker, not ours, newer, corrupt, disk full"),
        (
            "4",
            "stopped with work left: by a limit of yours, by ctl drain, or a provider or model that gets no more requests"
        ),
        ("129, 130, 143", "ended by SIGHUP, SIGINT, SIGTERM after an orderly stop"),
        ("141", "nobody reads the results that run --output - prints: ended after an orderly stop"),
    ]
    static let exitOrder = "Where several hold, the first of 3, then 129, 130, 141 and 143, 4, 2, 1, 0."

    /// What a command does, and the command.
    static let examples = [
        (
            "Look for faults in the jobs, and tell what they would use up, before anything is sent:",
            "llm4s-batch validate jobs/quickstart.jsonl --estimate"
        ),
        (
            "Run them; again after a break, an error or new lines, it does only what is left:",
            "llm4s-batch run jobs/quickstart.jsonl --db quickstart.db"
        ),
        ("See where it stands, from another terminal until it ends:", "llm4s-batch status quickstart.db --watch"),
        ("Try again what the server failed on:", "llm4s-batch retry --db quickstart.db --error-kind server"),
        (
            "Take the answers out, and look at what they took:",
            "llm4s-batch results --db quickstart.db --format csv -o answers.csv"
        ),
        ("", "llm4s-batch stats quickstart.db"),
        (
            "Keep the answers, and not how they came, piece by piece:",
            "llm4s-batch compact --db quickstart.db --chunks none"
        ),
        (
            "Take it, and others that did parts of the same work, into one database:",
            "llm4s-batch merge whole.db quickstart.db"
        ),
        (
            "Have Slurm run the parts of a larger file:",
            "llm4s-batch plan slurm --shards 64 jobs/quickstart.jsonl"
        ),
    ]
}
