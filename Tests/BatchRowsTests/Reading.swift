import BatchRows
import Foundation
import LLMStreaming

/// What a table comes to.
struct ReadTable: Equatable {
    var columns: [String] = []
    var rows: [[String]] = []
    var lines: [Int] = []
    var faults: [String] = []

    /// Reads a table that comes in pieces of that many bytes.
    init(_ bytes: [UInt8], _ form: RowForm = .csv, pieces: Int = 4096, maximumRowBytes: Int = 1 << 20) {
        var reader = TableReader(
            delimiter: form.delimiter ?? 0, maximumRowBytes: maximumRowBytes, bufferBytes: pieces)
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            let piece = bytes[start..<min(start + pieces, bytes.count)]
            reader.buffer.replaceSubrange(0..<piece.count, with: piece)
            reader.didRefill(piece.count)
            while take(&reader, { reader throws(RowFault) in try reader.nextRow() }) {}
        }
        while take(&reader, { reader throws(RowFault) in try reader.lastRow() }) {}
        columns = reader.columns?.names ?? []
    }

    init(_ text: String, _ form: RowForm = .csv, pieces: Int = 4096) {
        self.init(Array(text.utf8), form, pieces: pieces)
    }

    private mutating func take(
        _ reader: inout TableReader, _ next: (inout TableReader) throws(RowFault) -> Bool
    ) -> Bool {
        do throws(RowFault) {
            guard try next(&reader) else { return false }
            rows.append(reader.row.cells)
            lines.append(reader.row.line)
        } catch {
            faults.append("\(error)")
        }
        return true
    }
}

/// Rows as job lines.
enum Rows {
    static let schema: JSON = {
        let project = URL(filePath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let file = project.appending(path: "Sources/BatchEngine/Resources/job_line_schema.json")
        return (try? JSONParser.parse(Array(Data(contentsOf: file)))) ?? .null
    }()

    static func template(_ json: String) throws(RowTemplate.Faults) -> RowTemplate {
        try RowTemplate(Array(json.utf8), name: "t.json", schema: schema)
    }

    /// The job lines of rows, or what is wrong with them, each with its line.
    static func lines(
        _ template: String, _ text: String, _ form: RowForm = .csv, metadata: RowMetadata = .none,
        selection: RowSelection = .all, pieces: Int = 4096, maximumRowBytes: Int = 1 << 20
    ) throws -> [String] {
        var converter = RowConverter(
            RowPlan(try self.template(template), metadata: metadata, selection: selection), form,
            maximumRowBytes: maximumRowBytes, bufferBytes: pieces)
        return outcomes(of: &converter, text, pieces: pieces).map { line, outcome in
            switch outcome {
            case .jobLine(let bytes): String(decoding: bytes, as: UTF8.self)
            case .fault(let fault): "\(line) fault \(fault)"
            case .unusable(let words): "unusable \(words)"
            }
        }
    }

    static func outcomes(
        of converter: inout RowConverter, _ text: String, pieces: Int = 4096
    ) -> [(line: Int, outcome: RowConverter.Outcome)] {
        var outcomes: [(line: Int, outcome: RowConverter.Outcome)] = []
        let bytes = Array(text.utf8)
        guard converter.takesBytes else {
            for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
                guard !line.isEmpty, let outcome = converter.convert(Array(line), at: index + 1) else { continue }
                outcomes.append((converter.line, outcome))
            }
            return outcomes
        }
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            let piece = bytes[start..<min(start + pieces, bytes.count)]
            converter.buffer.replaceSubrange(0..<piece.count, with: piece)
            converter.didRefill(piece.count)
            while let outcome = converter.next() { outcomes.append((converter.line, outcome)) }
        }
        if let outcome = converter.last() { outcomes.append((converter.line, outcome)) }
        return outcomes
    }
}
