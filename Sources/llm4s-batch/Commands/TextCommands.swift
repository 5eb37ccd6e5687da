import ArgumentParser
import BatchEngine
import BatchStore
import LLMStreaming

/// `schema`: what the database looks like, what can be asked of it, or what a job line or a configuration may hold.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Prints the SQL schema of the database, useful queries, or the JSON Schema of a file.")

    /// What is printed.
    enum Document: String, EnumerableFlag {
        case sql, queries, jsonSchema, configSchema

        static func help(for value: Document) -> ArgumentHelp? {
            switch value {
            case .sql: "Print the SQL schema of the database, with the meaning and unit of every column."
            case .queries: "Print ten useful queries on it."
            case .jsonSchema: "Print the JSON Schema of a job line."
            case .configSchema: "Print the JSON Schema of the configuration file, with all its options."
            }
        }
    }

    @Flag var document = Document.sql

    func run() throws {
        switch document {
        case .sql: Console.output(bytes: Array(BatchSchema.sql.utf8))
        case .queries: Console.output(bytes: Array(BatchSchema.queries.utf8))
        case .jsonSchema: Console.output(bytes: JobLineSchema.json)
        case .configSchema: Console.output(IndentedJSON.text(ConfigSchema.json))
        }
    }
}

/// `man`: the manual page.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "man",
        abstract: "Prints the manual page in roff.",
        discussion: """
            To read it: llm4s-batch man | man -l -. To install it: llm4s-batch man > /usr/local/share/man/man1/llm4s-batch.1. Completions of the shell are \
            printed by llm4s-batch --generate-completion-script bash (or zsh, fish).
            """)

    func run() throws {
        Console.output(ManualPage(help: try JSONParser.parse(Program._dumpHelp())).text)
    }
}

/// JSON for people: a member a line, short arrays and objects of plain values in one.
enum IndentedJSON {
    static func text(_ json: JSON, indentation: Int = 0) -> String {
        let flat = json.text
        let inner = String(repeating: " ", count: indentation + 2)
        let end = "\n" + String(repeating: " ", count: indentation)
        switch json {
        case .array(let elements) where indentation + flat.count > 100 && !elements.isEmpty:
            return "[\n" + elements.map { inner + text($0, indentation: indentation + 2) }.joined(separator: ",\n")
                + end
                + "]"
        case .object(let object) where !object.members.isEmpty:
            return "{\n"
                + object.members.map {
                    "\(inner)\(JSON.string($0.key).text): \(text($0.value, indentation: indentation + 2))"
                }.joined(separator: ",\n") + end + "}"
        default: return flat
        }
    }
}
