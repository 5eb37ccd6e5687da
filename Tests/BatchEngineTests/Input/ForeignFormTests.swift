import Testing

@testable import BatchEngine

/// Files that are no job lines are told as what they are, in one sentence.
@Suite struct ForeignFormTests {
    private let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    /// The lines of a file, or why it has none.
    private func read(_ bytes: [UInt8], bufferBytes: Int = 256) throws -> Result<[String], InputError> {
        let file = try scratch.file(bytes: bytes)
        do throws(InputError) {
            var reader = try JobFileReader(.file(file), bufferBytes: bufferBytes)
            var lines: [String] = []
            while let line = try reader.next() {
                if case .bytes(let bytes) = line { lines.append(String(decoding: bytes, as: UTF8.self)) }
            }
            return .success(lines)
        } catch {
            return .failure(error)
        }
    }

    private static let line = #"{"id":"a","model":"mock/count-3","prompt":"x"}"#

    private static let binaries: [([UInt8], String)] = [
        ([0x1F, 0x8B, 8, 0, 1, 2, 3], "gzip"), ([0x28, 0xB5, 0x2F, 0xFD, 4], "zstd"), (Array("BZh91AY".utf8), "bzip2"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0], "xz"), (Array("PK\u{3}\u{4}rest".utf8), "zip"),
        (Array("PK\u{5}\u{6}".utf8) + [0, 0], "zip"),
        (Array("PAR1\u{15}\u{4}".utf8), "Parquet"), (Array("ARROW1\0\0".utf8), "Arrow"),
        (Array("SQLite format 3\0\u{10}".utf8), "SQLite"), (Array("%PDF-1.7\n".utf8), "PDF"),
        ([0xFF, 0xFE] + utf16(line), "UTF-16"), ([0xFE, 0xFF] + utf16(line, isBig: true), "UTF-16"),
        (utf16(line), "UTF-16LE"), (utf16(line, isBig: true), "UTF-16BE"),
        ([0, 0, 0, 0x7B, 0, 0, 0, 0x22], "UTF-32BE"), ([0x7B, 0, 0, 0, 0x22, 0, 0, 0], "UTF-32LE"),
        ([0xFF, 0xFE, 0, 0, 0x7B, 0, 0, 0], "UTF-32"),
        (Array("version https://git-lfs.github.com/spec/v1\noid sha256:1\n".utf8), "Git LFS"),
        ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D], "binary"),
        (Array("name.tar".utf8) + [0, 0, 0, 0, 0x7B], "binary"), ([0, 0, 0, 0, 0, 0], "binary"),
    ]

    private static func utf16(_ text: String, isBig: Bool = false) -> [UInt8] {
        (text + "\r\n" + text).utf16.flatMap { unit in
            let bytes = [UInt8(unit & 0xFF), UInt8(unit >> 8)]
            return isBig ? bytes.reversed() : bytes
        }
    }

    @Test(arguments: binaries, [1, 3, 256])
    func whatIsNoTextIsNamed(file: ([UInt8], String), bufferBytes: Int) throws {
        guard case .failure(.foreign(_, let form)) = try read(file.0, bufferBytes: bufferBytes) else {
            return #expect(Bool(false), "\(file.1) is read")
        }
        #expect(form.name.contains(file.1), "\(form.name)")
    }

    @Test(
        arguments: [
            ("[\n  {\"id\": \"a\"},\n  {}\n]\n", "array"), ("\u{FEFF}\n [\n\n{}]", "array"),
            ("[{\"id\":1},\n{\"id\":2}]", "array"), ("[{\"id\":1}\n,{\"id\":2}]", "array"), ("[1,", "array"),
            ("{\n  \"id\": \"1\",\n  \"prompt\": \"x\"\n}", "several lines"),
            ("{\"id\": \"1\",\n \"prompt\": \"x\"\n}\n", "several lines"),
            ("\r\n{\r\n\"name\": \"n\",\r\n\"requests\": []}", "several lines"),
            ("{\"requests\": {\n\"a\": []}}", "several lines"), ("{\"a\":\n1}", "several lines"),
            ("\(line)\r\(line)\r", "CR alone"), ("\(line)\r\n\r\(line)\r\(line)", ""),
            ("id,prompt\n1,hello\n2,bye\n", "CSV"), ("id\tprompt\n1\t\"{}\"", "CSV"),
            ("\"id\";\"prompt\"\n\n1;x\n", "CSV"), ("<!DOCTYPE html>\n<html>\n", "HTML"),
            ("{'id': 'a', 'prompt': \"it's\"}\n\n{ 'id': 'b', 'prompt': None}\n", "single quotes"),
            ("{'id': 'a'}", "single quotes"),
            ("# jobs\n- id: a\n  prompt: x\n", "no line begins an object"),
        ], [1, 7, 256])
    func textOfAnotherFormIsNamed(file: (String, String), bufferBytes: Int) throws {
        switch try read(Array(file.0.utf8), bufferBytes: bufferBytes) {
        case .success: #expect(file.1.isEmpty, "\(file.0) is read")
        case .failure(let error):
            #expect(!file.1.isEmpty && "\(error)".contains(file.1), "\(error)")
            #expect(!"\(error)".contains("\n"))
        }
    }

    /// Lines with faults are told one by one, and `--skip-invalid` runs the others.
    @Test(
        arguments: [
            ["not JSON", line], ["id,prompt", "1,x", line], [#"{"id":"a","prompt":"x""#, line],
            [#"{"id":"a","messages":[{"role":"user","content":"x"}]"#, line], [#"{"id":"a","prompt":"x"#, line],
            ["{'id': 'a'}", line],
            ["[]", line], ["[{},{}]", line], [line, "[", "]"], ["{}", "{"], ["only one, not JSON"], ["[1,2]"],
            [line + line], [#"{"prompt":"\r{"}"#], ["<html>", "[]"], ["\u{FEFF}" + line, "\u{FEFF}" + line],
        ], [1, 7, 256])
    func linesWithFaultsAreLines(lines: [String], bufferBytes: Int) throws {
        let read = try read(Array(lines.joined(separator: "\n").utf8), bufferBytes: bufferBytes)
        #expect(try read.get() == lines.map { String($0.drop { $0 == "\u{FEFF}" }) })
    }

    @Test func aLineThatIsLongerThanTheLookIsALine() throws {
        let long = #"{"prompt":""# + String(repeating: "x", count: 200_000) + #""}"#
        #expect(
            try read(Array((long + "\n" + long).utf8), bufferBytes: 4096).get().map(\.utf8.count)
                == [long, long].map(\.utf8.count))
        guard case .failure(.foreign(_, .array)) = try read(Array("[\(long),\(long)]".utf8), bufferBytes: 4096) else {
            return #expect(Bool(false), "an array is read")
        }
    }

    @Test func theSentenceNamesTheFileAndWhatToDo() throws {
        guard case .failure(let error) = try read([0x1F, 0x8B, 8, 0]) else { return #expect(Bool(false)) }
        #expect("\(error)".hasPrefix(scratch.path))
        #expect("\(error)".hasSuffix("is compressed data (gzip): decompress it first: gunzip -c FILE > NEW.jsonl"))
    }

    /// A tar archive of job files has lines that begin an object.
    @Test func anArchiveIsNoJobFile() throws {
        let head = Array("jobs.jsonl".utf8) + [UInt8](repeating: 0, count: 247) + Array("ustar\0".utf8)
        let archive = head + [UInt8](repeating: 0, count: 249) + Array((Self.line + "\n" + Self.line + "\n").utf8)
        guard case .failure(let error) = try read(archive, bufferBytes: 4096) else { return #expect(Bool(false)) }
        #expect("\(error)".contains("tar archive"), "\(error)")
    }

    /// `> jobs.jsonl` would empty the file that it reads.
    @Test func noRemedyWritesOverItsFile() throws {
        for file in Self.binaries {
            guard case .failure(let error) = try read(file.0) else { return #expect(Bool(false), "\(file.1)") }
            #expect(!"\(error)".contains("> jobs.jsonl"), "\(error)")
        }
    }

    /// What comes by a pipe is told at its first line: its writer may be waiting.
    @Test func theFirstLineOfAPipeIsEnough() {
        #expect(FileOpening(Array("hello, world\n".utf8)) == .undecided)
        #expect(FileOpening(Array("hello, world\n".utf8), isPiped: true) == .isLines)
        #expect(FileOpening(Array("{\n".utf8), isPiped: true) == .undecided)
        #expect(FileOpening(Array("{}\n".utf8), isPiped: true) == .isLines)
    }
}
