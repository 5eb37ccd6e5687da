import BatchRows

/// What a file without job lines, or without rows, is, by its first bytes: one sentence in place of a fault for each "line".
package struct ForeignForm: Sendable, Equatable {
    /// What it is.
    let name: String
    private let mend: Mend
    /// The rows that the file was to have; nil for job lines.
    private var rows: RowForm?

    /// What to do about a file.
    private enum Mend: Equatable {
        case decompress(String)
        case unpack
        case export
        case encode(String)
        /// A sentence on the lines that there should be, and what else is to be said.
        case lines(String)
        case words(String)
    }

    /// What to do about it.
    var remedy: String {
        let new = "NEW.\(rows?.rawValue ?? "jsonl")"
        switch mend {
        case .decompress(let command): return "decompress it first: \(command) FILE > \(new)"
        case .unpack: return "unpack it first: what is in it can be \(rows == nil ? "a job file" : "a file of rows")"
        case .export where rows == nil: return Self.oneObject + "; export it as such"
        case .export: return "rows are CSV, TSV or JSONL; export it as one of these"
        case .encode(let name):
            let owner = rows == nil ? "a job file is" : "rows are"
            return "\(owner) UTF-8: iconv -f \(name) -t UTF-8 FILE > \(new) makes it so"
        case .lines(let rest) where rows == nil: return Self.oneObject + rest
        case .lines where rows != .jsonl: return "rows are CSV, TSV or JSONL"
        case .lines where name == Self.csv.name: return Self.oneRow + "; --rows csv reads CSV"
        case .lines(let rest): return Self.oneRow + rest
        case .words(let words): return words
        }
    }

    /// The same, found in place of rows; of job lines for nil.
    func inPlace(of rows: RowForm?) -> ForeignForm {
        var form = self
        form.rows = rows
        return form
    }

    /// The first bytes of files that are no text.
    private static let signatures: [(bytes: [UInt8], form: ForeignForm)] = [
        ([0x1F, 0x8B], compressed("gzip", "gunzip -c")),
        ([0x28, 0xB5, 0x2F, 0xFD], compressed("zstd", "zstd -dc")),
        (Array("BZh".utf8), compressed("bzip2", "bunzip2 -c")),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], compressed("xz", "xz -dc")),
        ([0x04, 0x22, 0x4D, 0x18], compressed("lz4", "lz4 -dc")),
        ([0x50, 0x4B, 0x03, 0x04], ForeignForm("a zip archive (or a spreadsheet)", .unpack)),
        ([0x50, 0x4B, 0x05, 0x06], ForeignForm("a zip archive", .words("there is nothing in it"))),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], ForeignForm("a 7z archive", .unpack)),
        (Array("PAR1".utf8), table("Parquet")),
        (Array("ARROW1".utf8), table("Arrow")),
        (Array("Obj\u{1}".utf8), table("Avro")),
        (
            Array("SQLite format 3\0".utf8),
            ForeignForm(
                "an SQLite database",
                .words("resume --db FILE goes on with one of ours; sqlite3 FILE exports others as JSONL"))
        ),
        (Array("%PDF-".utf8), ForeignForm("a PDF", .lines(""))),
        (
            Array("version https://git-lfs".utf8),
            ForeignForm("a pointer of Git LFS", .words("git lfs pull brings the file itself"))
        ),
        // UTF-32 first: its mark begins with that of UTF-16.
        ([0xFF, 0xFE, 0x00, 0x00], text("UTF-32")),
        ([0xFF, 0xFE], text("UTF-16")),
        ([0xFE, 0xFF], text("UTF-16")),
    ]

    private static let oneObject = "a job file has one JSON object a line (JSONL)"
    private static let oneRow = "a JSONL file of rows has one JSON object a line"

    static let array = ForeignForm("a JSON array", .lines("; jq -c '.[]' FILE > NEW.jsonl makes such lines of it"))
    static let pretty = ForeignForm(
        "JSON over several lines",
        .lines(
            "; jq -c . FILE > NEW.jsonl puts it so. A batch as one document must be {\"requests\": [...]}, "
                + "without another member"))
    static let carriageReturns = ForeignForm(
        "text whose lines end with CR alone", .words("tr '\\r' '\\n' < FILE > NEW.jsonl mends it"))
    static let dictionaries = ForeignForm(
        "text with names in single quotes, as Python writes dictionaries",
        .words("json.dumps writes each as a line of JSON"))
    private static let tar = ForeignForm("a tar archive", .words("unpack it first: tar -xf FILE"))
    /// Where the name of its form stands.
    private static let tarMark = 257..<262
    private static let binary = ForeignForm("binary data", .lines(""))
    private static let markup = ForeignForm("HTML or XML", .lines(""))
    private static let csv = ForeignForm(
        "text, as CSV is, in which no line begins an object",
        .lines("; --template makes a job of each row of CSV (with --rows csv, whatever the file is called)"))
    private static let plain = ForeignForm("text in which no line begins an object", .lines(""))

    private init(_ name: String, _ mend: Mend) {
        self.name = name
        self.mend = mend
    }

    private static func compressed(_ name: String, _ command: String) -> ForeignForm {
        ForeignForm("compressed data (\(name))", .decompress(command))
    }

    private static func table(_ name: String) -> ForeignForm { ForeignForm("a table (\(name))", .export) }

    private static func text(_ name: String) -> ForeignForm { ForeignForm("\(name) text", .encode(name)) }

    // MARK: - What the bytes show

    /// The form that a signature shows.
    static func signed(_ bytes: [UInt8]) -> ForeignForm? {
        if let known = signatures.first(where: { bytes.starts(with: $0.bytes) }) { return known.form }
        if bytes.count > tarMark.upperBound, bytes[tarMark].elementsEqual("ustar".utf8) { return tar }
        return unmarked(bytes).map { text($0.name) }
    }

    /// The encoding that text without a mark has by its first bytes: NULs stand beside the ASCII that a line begins with.
    ///
    /// The order of the bytes is in the name, since iconv takes the machine's.
    private static func unmarked(_ bytes: [UInt8]) -> (name: String, width: Int, low: Int)? {
        switch bytes.prefix(4).map({ $0 == 0 }) {
        case [true, false, true, false]: ("UTF-16BE", 2, 1)
        case [false, true, false, true]: ("UTF-16LE", 2, 0)
        case [true, true, true, false]: ("UTF-32BE", 4, 3)
        case [false, true, true, true]: ("UTF-32LE", 4, 0)
        default: nil
        }
    }

    /// The form that the first bytes of a table show: of letters alone they may be its header.
    static func signedTable(_ bytes: [UInt8]) -> ForeignForm? {
        // No text in UTF-8 begins with these.
        if let known = signatures.first(where: { $0.bytes.contains { $0 >= 0x80 } && bytes.starts(with: $0.bytes) }) {
            return known.form
        }
        guard bytes.contains(where: { $0 < 0x20 && !$0.isJSONSpace }), let form = signed(bytes) else { return nil }
        // A cell may hold NULs: the end of a line has some too where all characters have.
        let isText = form == unmarked(bytes).map { text($0.name) }
        return isText && !hasWideLineEnd(bytes) && bytes.contains(0x0A) ? nil : form
    }

    /// Whether more bytes could make another thing than a table of these.
    static func mayBeSignedTable(_ bytes: [UInt8]) -> Bool {
        bytes.count < 4 || mayBeSigned(bytes) || bytes.count < 16 && signed(bytes) != nil && signedTable(bytes) == nil
            || unmarked(bytes) != nil && !hasWideLineEnd(bytes)
    }

    /// Whether a line ends among characters of two or four bytes each.
    private static func hasWideLineEnd(_ bytes: [UInt8]) -> Bool {
        guard let (_, width, low) = unmarked(bytes) else { return false }
        return stride(from: 0, through: bytes.count - width, by: width).contains { start in
            (bytes[start + low] == 0x0A || bytes[start + low] == 0x0D)
                && (0..<width).allSatisfy { $0 == low || bytes[start + $0] == 0 }
        }
    }

    /// Whether more bytes could make a signature of these.
    static func mayBeSigned(_ bytes: [UInt8]) -> Bool {
        bytes.count < 4 && bytes.contains(0)
            || signatures.contains { $0.bytes.count > bytes.count && $0.bytes.starts(with: bytes) }
    }

    /// The form of text in which no line begins an object: its first line shows which.
    static func lines(_ first: ArraySlice<UInt8>, of text: ArraySlice<UInt8>) -> ForeignForm {
        if text.contains(0) { return binary }
        if first.first == UInt8(ascii: "<") { return markup }
        return first.contains { ",;\t".utf8.contains($0) } ? csv : plain
    }
}
