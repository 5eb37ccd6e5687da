import Foundation
import Testing

@testable import BatchEngine

@Suite struct JobFileReaderTests {
    private let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    private func read(_ source: InputSource, bufferBytes: Int) throws -> [String] {
        var reader = try JobFileReader(source, bufferBytes: bufferBytes)
        var result: [String] = []
        while let line = try reader.next() {
            guard case .bytes(let bytes) = line else { continue }
            result.append("\(reader.lineNumber):\(String(decoding: bytes, as: UTF8.self))")
        }
        return result
    }

    @Test(arguments: [1, 2, 3, 7, 64, 1 << 20])
    func numbersLinesAndLeavesOutBlankOnes(bufferBytes: Int) throws {
        let file = try scratch.file(bytes: Array("\u{FEFF}{1}\r\n\r\n \t\n\n{5}\n\n{7}".utf8))
        #expect(try read(.file(file), bufferBytes: bufferBytes) == ["1:{1}", "5:{5}", "7:{7}"])
    }

    @Test(arguments: [1, 2, 3, 7, 64, 1 << 20])
    func numbersTheRequestsOfADocument(bufferBytes: Int) throws {
        let text = "\u{FEFF}\n{\n  \"requests\": [\n    {\"a\": 1},\n    {\"b\":\n2}\n  ]\n}\n"
        let file = try scratch.file(bytes: Array(text.utf8))
        #expect(try read(.file(file), bufferBytes: bufferBytes) == ["1:{\"a\": 1}", "2:{\"b\":\n2}"])
        let empty = try scratch.file(bytes: Array(#"{"requests":[]}"#.utf8))
        #expect(try read(.file(empty), bufferBytes: bufferBytes) == [])
    }

    @Test func anEmptyFileHasNoLine() throws {
        #expect(try read(.file(scratch.file(bytes: [])), bufferBytes: 16) == [])
    }

    @Test func whatCannotBeReadIsNamedWithItsReason() {
        #expect { try read(.file("/nonexistent/jobs.jsonl"), bufferBytes: 16) } throws: { error in
            "\(error)" == "cannot read /nonexistent/jobs.jsonl: No such file or directory"
        }
        #expect { try read(.file("/tmp"), bufferBytes: 16) } throws: { error in
            "\(error)" == "cannot read /tmp: it is a folder; name the job files in it"
        }
    }

    @Test func aFileThatGrowsWhileItIsReadIsNoticed() throws {
        let file = try scratch.file(lines: ["{1}", "{2}"])
        var reader = try JobFileReader(.file(file), bufferBytes: 4)
        _ = try reader.next()
        let handle = try #require(FileHandle(forWritingAtPath: file))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("three\n".utf8))
        try handle.close()
        #expect(throws: InputError.self) { while try reader.next() != nil {} }
    }

    @Test func aPipeHasNoSnapshotAndIsReadToItsEnd() throws {
        let path = scratch.path + "/pipe"
        let made = unsafe mkfifo(path, 0o600)
        #expect(made == 0)
        let writer = Thread {
            let handle = FileHandle(forWritingAtPath: path)
            handle?.write(Data("{1}\n{2}\n".utf8))
            try? handle?.close()
        }
        writer.start()
        var reader = try JobFileReader(.file(path))
        #expect(reader.snapshot == nil)
        var count = 0
        while try reader.next() != nil { count += 1 }
        #expect(count == 2)
    }

    @Test func theArgumentDashIsStandardInput() {
        #expect(InputSource(argument: "-") == .standardInput)
        #expect(InputSource(argument: "jobs.jsonl") == .file("jobs.jsonl"))
        #expect(InputSource.standardInput.name == "-")
        #expect(InputSource.standardInput.title == "standard input")
    }
}
