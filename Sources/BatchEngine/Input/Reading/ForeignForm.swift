/// What a file without job lines is, by its first bytes: one sentence in place of a fault for each "line".
package struct ForeignForm: Sendable, Equatable {
    /// What it is.
    let name: String
    /// What to do about it.
    let remedy: String

    /// The first bytes of files that are no text.
    private static let signatures: [(bytes: [UInt8], form: ForeignForm)] = [
        ([0x1F, 0x8B], compressed("gzip", "gunzip -c")),
        ([0x28, 0xB5, 0x2F, 0xFD], compressed("zstd", "zstd -dc")),
        (Array("BZh".utf8), compressed("bzip2", "bunzip2 -c")),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], compressed("xz", "xz -dc")),
        ([0x04, 0x22, 0x4D, 0x18], compressed("lz4", "lz4 -dc")),
        (
            [0x50, 0x4B, 0x03, 0x04],
            ForeignForm("a zip archive (or a spreadsheet)", "unpack it first: what is in it can be a job file")
        ),
        ([0x50, 0x4B, 0x05, 0x06], ForeignForm("a zip archive", "there is nothing in it")),
        (
            [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C],
            ForeignForm("a 7z archive", "unpack it first: what is in it can be a job file")
        ),
        (Array("PAR1".utf8), table("Parquet")),
        (Array("ARROW1".utf8), table("Arrow")),
        (Array("Obj\u{1}".utf8), table("Avro")),
        (
            Array("SQLite format 3\0".utf8),
            ForeignForm(
                "an SQLite database",
                "resume --db FILE goes on with one of ours; sqlite3 FILE exports others as JSONL")
        ),
        (Array("%PDF-".utf8), ForeignForm("a PDF", oneObject)),
        (
            Array("version https://git-lfs".utf8),
            ForeignForm("a pointer of Git LFS", "git lfs pull brings the file itself")
        ),
        // UTF-32 first: its mark begins with that of UTF-16.
        ([0xFF, 0xFE, 0x00, 0x00], text("UTF-32")),
        ([0xFF, 0xFE], text("UTF-16")),
        ([0xFE, 0xFF], text("UTF-16")),
    ]

    private static let oneObject = "a job file has one JSON object a line (JSONL)"

    static let array = ForeignForm(
        "a JSON array", oneObject + "; jq -c '.[]' FILE > NEW.jsonl makes such lines of it")
    static let pretty = ForeignForm(
        "JSON over several lines",
        oneObject + "; jq -c . FILE > NEW.jsonl puts it so. A batch as one document must be {\"requests\": [...]}, "
            + "without another member")
    static let carriageReturns = ForeignForm(
        "text whose lines end with CR alone", "tr '\\r' '\\n' < FILE > NEW.jsonl mends it")
    static let dictionaries = ForeignForm(
        "text with names in single quotes, as Python writes dictionaries", "json.dumps writes each as a line of JSON")
    private static let tar = ForeignForm("a tar archive", "unpack it first: tar -xf FILE")
    /// Where the name of its form stands.
    private static let tarMark = 257..<262
    private static let binary = ForeignForm("binary data", oneObject)
    private static let markup = ForeignForm("HTML or XML", oneObject)
    private static let csv = ForeignForm(
        "text, as CSV is, in which no line begins an object", oneObject + "; make one of each row")
    private static let plain = ForeignForm("text in which no line begins an object", oneObject)

    private init(_ name: String, _ remedy: String) {
        self.name = name
        self.remedy = remedy
    }

    private static func compressed(_ name: String, _ command: String) -> ForeignForm {
        ForeignForm("compressed data (\(name))", "decompress it first: \(command) FILE > NEW.jsonl")
    }

    private static func table(_ name: String) -> ForeignForm {
        ForeignForm("a table (\(name))", oneObject + "; export it as such")
    }

    private static func text(_ name: String) -> ForeignForm {
        ForeignForm("\(name) text", "a job file is UTF-8: iconv -f \(name) -t UTF-8 FILE > NEW.jsonl makes it so")
    }

    // MARK: - What the bytes show

    /// The form that a signature shows.
    static func signed(_ bytes: [UInt8]) -> ForeignForm? {
        if let known = signatures.first(where: { bytes.starts(with: $0.bytes) }) { return known.form }
        if bytes.count > tarMark.upperBound, bytes[tarMark].elementsEqual("ustar".utf8) { return tar }
        // Without their mark: NULs stand beside the ASCII that a line begins with. The order of the bytes must then be
        // named, since iconv takes the machine's.
        switch bytes.prefix(4).map({ $0 == 0 }) {
        case [true, false, true, false]: return text("UTF-16BE")
        case [false, true, false, true]: return text("UTF-16LE")
        case [true, true, true, false]: return text("UTF-32BE")
        case [false, true, true, true]: return text("UTF-32LE")
        default: return nil
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
