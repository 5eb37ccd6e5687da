import ArgumentParser
import BatchEngine
import BatchStore

/// `schema`: what the database looks like, or what a job line may hold.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Prints the SQL schema of the database, or the JSON Schema of a job line.")

    @Flag(help: "Print the JSON Schema of a job line instead.")
    var jsonSchema = false

    func run() throws {
        Console.output(bytes: jsonSchema ? JobLineSchema.json : Array(BatchSchema.sql.utf8))
    }
}
