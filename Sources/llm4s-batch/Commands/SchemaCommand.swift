import ArgumentParser
import BatchEngine
import BatchStore

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
