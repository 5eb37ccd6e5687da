import ArgumentParser
import LLM4SBatch

/// What makes jobs of rows: for `run` and `validate` alike (Contract, "Rows and templates").
struct RowOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "JSON file of one job line whose strings hold columns as {{name}}; files are then CSV, TSV or JSONL of any "
                + "objects, and each row becomes a job (default: files have job lines).", valueName: "FILE"),
        completion: .file(extensions: ["json"]))
    var template: String?

    @Option(
        help: ArgumentHelp("Form of the rows (default: told by the ending of each file).", valueName: "FORM"))
    var rows: BatchOptions.RowForm?

    @Option(
        help: ArgumentHelp(
            "Columns of a row to keep as its job's metadata: all, none, or names (default: all).",
            valueName: "COLUMNS"))
    var rowMetadata: String?

    @Option(help: ArgumentHelp("Take the first N rows of all files together (default: all rows).", valueName: "N"))
    var limit: Int?

    @Option(
        help: ArgumentHelp(
            "Draw N rows of all files together, the same ones every time (default: all rows).", valueName: "N"))
    var sampleRows: Int?

    @Option(help: ArgumentHelp("Seed of --sample-rows: another one draws other rows (default: 1).", valueName: "S"))
    var seed: UInt64?

    mutating func validate() throws {
        try FlagBounds.check("limit", limit, FlagBounds.counts)
        try FlagBounds.check("sample-rows", sampleRows, FlagBounds.counts)
        if rowMetadata != nil, template == nil { throw ValidationError("--row-metadata needs --template") }
        if seed != nil, sampleRows == nil { throw ValidationError("--seed needs --sample-rows") }
    }

    /// Enters them into the options of a run.
    func add(to batch: inout BatchOptions) {
        batch.template = template
        batch.rows = rows
        if let rowMetadata { batch.rowMetadata = BatchOptions.RowMetadata(argument: rowMetadata) }
        batch.maximumRows = limit
        batch.sampledRows = sampleRows
        if let seed { batch.sampleSeed = seed }
    }
}
