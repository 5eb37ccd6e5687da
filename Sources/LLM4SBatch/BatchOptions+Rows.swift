package import BatchEngine
import BatchRows
import Foundation
package import LLMStreaming

extension BatchOptions {
    /// The form of a file of rows.
    public enum RowForm: String, Sendable, Hashable, CaseIterable {
        /// Cells between commas (RFC 4180), with a header line.
        case csv
        /// The same with tabs.
        case tsv
        /// A JSON object a line, of any members.
        case jsonl
    }

    /// What of a row is kept as its job's metadata; members that the template itself sets go before it.
    public struct RowMetadata: Sendable, Hashable {
        let choice: BatchRows.RowMetadata

        /// All of its columns.
        public static let all = RowMetadata(choice: .all)
        /// Nothing.
        public static let none = RowMetadata(choice: .none)

        /// The columns of these names.
        public static func columns(_ names: [String]) -> RowMetadata { RowMetadata(choice: .columns(names)) }

        private init(choice: BatchRows.RowMetadata) { self.choice = choice }

        /// What `all`, `none`, or names with commas between them mean.
        package init(argument: String) { choice = BatchRows.RowMetadata(argument: argument) }
    }

    /// How rows are read: by the template, whose file is read here, and only here.
    ///
    /// - Returns: nil where files have job lines.
    /// - Throws: where the template cannot be read or is none, and for options of rows without one.
    package func rowInput() throws(ConfigurationError) -> RowInput? {
        guard let template else {
            let given = [
                ("rows", rows != nil), ("row-metadata", rowMetadata != .all), ("limit", maximumRows != nil),
                ("sample-rows", sampledRows != nil),
            ]
            guard let option = given.first(where: \.1)?.0 else { return nil }
            throw ConfigurationError("--\(option) is for rows: it needs --template, the file that makes jobs of them")
        }
        guard let bytes = FileManager.default.contents(atPath: template) else {
            throw ConfigurationError("--template: \(template.quotedName) cannot be read")
        }
        guard let schema = try? JSONParser.parse(JobLineSchema.json) else {
            preconditionFailure("schema/job_line_schema.json is not JSON")
        }
        let read: RowTemplate
        do throws(RowTemplate.Faults) {
            read = try RowTemplate([UInt8](bytes), name: template, schema: schema)
        } catch {
            throw ConfigurationError(error.description)
        }
        return RowInput(
            read, metadata: rowMetadata.choice, form: rows.flatMap { BatchRows.RowForm(rawValue: $0.rawValue) },
            limit: maximumRows, sample: sampledRows.map { RowInput.Sample($0, seed: sampleSeed) })
    }
}
