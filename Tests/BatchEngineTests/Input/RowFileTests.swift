import BatchRows
import LLMStreaming
import Testing

@testable import BatchEngine

/// A file that cannot be used is told as one, with its remedy, and is none for each of its rows.
@Suite struct RowFileTests: RowFiles {
    let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    /// Told once, for each row would have it.
    @Test func wrongNamesInATemplateAreItsOwnFault() throws {
        let sources = [InputSource.file(try scratch.file("rows.csv", bytes: Array("a,b\n1,x\n2,y\n".utf8)))]
        for (template, words) in [
            (
                #"{"promt":"{{b}}","options":{"temprature":1},"model":"mock/m"}"#,
                "t.json: unknown field 'promt'; did you mean 'prompt'?\nt.json: unknown field 'temprature' in options"
            ),
            (#"{"custom_id":"{{a}}","params":{"messages":"{{b}}"},"modell":"m"}"#, "t.json: unknown field 'modell'"),
            (
                #"{"model":"mock/m","messages":[{"role":"user","content":"{{b}}","nmae":"{{a}}"},{"role":"user","contnt":1}]}"#,
                "t.json: unknown field 'contnt' in messages[1]"
            ),
        ] {
            for skipsInvalid in [false, true] {
                let reading = self.reading(try rows(template), skipsInvalid: skipsInvalid)
                let error = #expect(throws: InputError.self) { try InputValidator(sources, reading).validate() }
                #expect(error?.description.hasPrefix(words) == true, "\(error as Any)")
                var feed = JobFeed(sources, reading, checked: nil)
                #expect(throws: InputError.self) { try feed.next(maximum: 1) }
            }
        }
        // What stands in a row is a fault of that row.
        let report = try InputValidator(sources, reading(rows(#"{"id":"{{a}}","model":"{{b}}/m","prompt":"x"}"#)))
            .validate()
            .report
        #expect(report.count == 2, "\(report)")
    }

    /// Also where the limit was reached before.
    @Test func theColumnsOfAllFilesAreChecked() throws {
        let first = InputSource.file(try scratch.file("1.csv", bytes: Array("a,b\n1,x\n2,y\n".utf8)))
        let files = [("2.csv", "a,c\n1,x\n"), ("3.csv", "a,c"), ("4.jsonl", #"{"a":1}"#), ("5.csv", "")]
        for (name, text) in files {
            let other = InputSource.file(try scratch.file(name, bytes: Array(text.utf8)))
            for limit in [nil, 1, 2] {
                let reading = self.reading(try rows(limit: limit))
                let error = #expect(throws: InputError.self) { try InputValidator([first, other], reading).validate() }
                #expect(error?.description.hasPrefix(other.name) == true, "\(name): \(error as Any)")
            }
        }
        let header = InputSource.file(try scratch.file("6.csv", bytes: Array("b,a\n".utf8)))
        #expect(try InputValidator([first, header], reading(rows(limit: 1))).validate().jobs == 1)
    }

    /// What is done about a file of rows makes a file of rows.
    @Test(arguments: [
        (
            "x.csv", [0x1F, 0x8B, 8, 0] as [UInt8],
            "compressed data (gzip): decompress it first: gunzip -c FILE > NEW.csv"
        ),
        ("x.jsonl", [0x1F, 0x8B, 8, 0], "decompress it first: gunzip -c FILE > NEW.jsonl"),
        (
            "x.tsv", [0xFF, 0xFE, 0x61, 0],
            "UTF-16 text: rows are UTF-8: iconv -f UTF-16 -t UTF-8 FILE > NEW.tsv makes it so"
        ),
        // Before a form is asked for.
        ("x.csv.gz", [0x1F, 0x8B, 8, 0], "decompress it first: gunzip -c FILE > NEW.csv"),
        ("x.tab.zst", [0x28, 0xB5, 0x2F, 0xFD], "decompress it first: zstd -dc FILE > NEW.tsv"),
        ("x.bz2", Array("BZh91AY\u{1}".utf8), "bunzip2 -c FILE > NEW.csv"),
        (
            "x.parquet", Array("PAR1\u{15}\u{4}".utf8),
            "a table (Parquet): rows are CSV, TSV or JSONL; export it as one of these"
        ),
        ("x.xlsx", [0x50, 0x4B, 3, 4, 0, 0], "unpack it first: what is in it can be a file of rows"),
        ("x.jsonl", Array("[\n{\"a\":1}\n]".utf8), "a JSON array: a JSONL file of rows has one JSON object a line; jq"),
        (
            "x.jsonl", Array("a,b\n1,2\n3,4\n".utf8),
            "a JSONL file of rows has one JSON object a line; --rows csv reads CSV"
        ),
    ])
    func whatToDoAboutAForeignFile(name: String, bytes: [UInt8], words: String) throws {
        let source = InputSource.file(try scratch.file(name, bytes: bytes))
        let error = #expect(throws: InputError.self) {
            try rows().check([source])
            _ = try InputValidator([source], reading(rows())).validate()
        }
        #expect(error?.description.contains(words) == true, "\(error as Any)")
    }

    /// NULs are text where a line ends without one.
    @Test(arguments: [1, 5, 256]) func textInTwoBytesIsToldByItsLineEnds(bufferBytes: Int) throws {
        let text = "0\0x\0,a,b\n1,2,3\n"
        #expect(
            try read("rows.csv", Array(text.utf8), bufferBytes: bufferBytes) == [
                #"2:{"id":"2","prompt":"3"}"#
            ])
        for (text, width, low, name) in [
            ("a,b\n1,2\n", 2, 0, "UTF-16LE"), ("a,b\r1", 2, 1, "UTF-16BE"), ("a,b\n", 4, 0, "UTF-32LE"),
            ("a,b", 4, 3, "UTF-32BE"),
        ] {
            let wide = text.utf8.flatMap { byte in (0..<width).map { $0 == low ? byte : 0 } }
            let error = #expect(throws: InputError.self) { try read("rows.csv", wide, bufferBytes: bufferBytes) }
            #expect(error?.description.contains("iconv -f \(name) ") == true, "\(error as Any)")
        }
    }
}

/// Files of rows for tests, and how they are read.
protocol RowFiles {
    var scratch: ScratchDirectory { get }
}

extension RowFiles {
    func rows(
        _ template: String = #"{"id":"{{a}}","model":"mock/m","prompt":"{{b}}"}"#, form: RowForm? = nil,
        limit: Int? = nil, sample: RowInput.Sample? = nil
    ) throws -> RowInput {
        let schema = try JSONParser.parse(JobLineSchema.json)
        return RowInput(
            try RowTemplate(Array(template.utf8), name: "t.json", schema: schema), metadata: .none, form: form,
            limit: limit, sample: sample)
    }

    func reading(_ rows: RowInput, skipsInvalid: Bool = false) -> InputReading {
        var reading = InputReading(parser: JobLineParser(defaults: standardDefaults), skipsInvalid: skipsInvalid)
        reading.rows = rows
        return reading
    }

    /// What a file's rows become, each with its line.
    func read(_ name: String, _ bytes: [UInt8], bufferBytes: Int) throws -> [String] {
        let source = InputSource.file(try scratch.file(name, bytes: bytes))
        let form = try #require(RowForm(path: name))
        let converter = RowConverter(
            RowPlan(try template(), metadata: .none), form, maximumRowBytes: 1 << 20, bufferBytes: bufferBytes)
        var reader = try JobFileReader(source, bufferBytes: bufferBytes, rows: converter)
        var result: [String] = []
        while let line = try reader.next() {
            switch line {
            case .bytes(let bytes): result.append("\(reader.lineNumber):\(String(decoding: bytes, as: UTF8.self))")
            case .broken(let reason): result.append("\(reader.lineNumber): \(reason)")
            case .oversized(let count): result.append("\(reader.lineNumber): \(count)")
            }
        }
        return result
    }

    func template() throws -> RowTemplate {
        try RowTemplate(
            Array(#"{"id":"{{a}}","prompt":"{{b}}"}"#.utf8), name: "t.json",
            schema: JSONParser.parse(JobLineSchema.json))
    }
}
