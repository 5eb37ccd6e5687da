import BatchRows
import LLMStreaming
import Testing

@testable import BatchEngine

/// Files of rows are read as files of job lines (Contract, "Rows and templates").
@Suite struct RowReadingTests: RowFiles {
    let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    private func ids(_ sources: [InputSource], _ reading: InputReading) async throws -> [String] {
        let checked = try await InputValidator(sources, reading).validate(into: [String]()) { ids, jobs in
            ids += jobs.map(\.customID)
        }
        #expect(checked.summary.report.isEmpty, "\(checked.summary.report)")
        var feed = JobFeed(sources, reading, checked: checked.summary)
        var read: [String] = []
        while let batch = try feed.next(maximum: 3) { read += batch.jobs.map(\.customID) }
        #expect(read == checked.result)
        return read
    }

    @Test(arguments: [1, 2, 3, 7, 64, 1 << 18])
    func aTableIsReadInPiecesOfAnySize(bufferBytes: Int) throws {
        let text = "\u{FEFF}a,b\r\n1,\"x\r\ny\"\r\n\r\n2,\"\"\"\"\r\n3\r\n4,z"
        #expect(
            try read("rows.csv", Array(text.utf8), bufferBytes: bufferBytes) == [
                #"2:{"id":"1","prompt":"x\r\ny"}"#, #"5:{"id":"2","prompt":"\""}"#,
                "6: the row has 1 cell, the header 2", #"7:{"id":"4","prompt":"z"}"#,
            ])
    }

    @Test(arguments: [1, 7, 1 << 18])
    func rowsOfJSONAreLinesWhateverTheirMembersAreCalled(bufferBytes: Int) throws {
        let text =
            #"{"requests": [{"a": 1}], "a": 1, "b": "x"}"# + "\n\n[1]\n" + #"{"requests": [], "b": null, "a": 2}"#
        #expect(
            try read("rows.ndjson", Array(text.utf8), bufferBytes: bufferBytes) == [
                #"1:{"id":"1","prompt":"x"}"#, "3: a row must be a JSON object, not an array",
                #"4:{"id":"2","prompt":null}"#,
            ])
    }

    @Test(arguments: [1, 3, 256])
    func whatIsNoTableIsNamedAndAHeaderIsNot(bufferBytes: Int) throws {
        let files: [[UInt8]] = [
            [0x1F, 0x8B, 8, 0, 1, 2, 3], Array("PAR1\u{15}\u{4}\u{15}".utf8), [0x61, 0, 0x2C, 0, 0x62, 0],
        ]
        for bytes in files {
            #expect { try read("rows.csv", bytes, bufferBytes: bufferBytes) } throws: { error in
                if case .foreign? = error as? InputError { true } else { false }
            }
        }
        #expect {
            try read("rows.csv", Array("PAR1,PAR2\n1,2\n".utf8), bufferBytes: bufferBytes)
        } throws: { error in
            "\(error)".contains("no column 'a'; the header has 'PAR1', 'PAR2'")
        }
    }

    @Test func anUnusableFileEndsTheReadingEvenWhereFaultsAreSkipped() throws {
        for (text, words) in [
            ("a,a\n1,2\n", "the header names the column 'a' twice"), ("", "there is no header line"),
            ("a,c\n1,2\n", "prompt: no column 'b'; the header has 'a', 'c'"),
        ] {
            let file = try scratch.file("rows.csv", bytes: Array(text.utf8))
            #expect {
                try InputValidator([.file(file)], reading(rows(), skipsInvalid: true)).validate()
            } throws: { error in
                "\(error)".hasPrefix("\(file): ") && "\(error)".contains(words)
            }
        }
    }

    @Test func eachFileHasItsOwnFormAndColumns() async throws {
        let sources = [
            try scratch.file("1.csv", bytes: Array("a,b\n1,x\n".utf8)),
            try scratch.file("2.tsv", bytes: Array("c\tb\ta\ny\tx\t2\n".utf8)),
            try scratch.file("3.jsonl", bytes: Array(#"{"b":"x","a":3}"#.utf8)),
        ].map { InputSource.file($0) }
        #expect(try await ids(sources, reading(rows())) == ["1", "2", "3"])
        let other = try scratch.file("4.txt", bytes: Array("a,b\n4,x\n".utf8))
        #expect { try rows().check([.file(other)]) } throws: { error in "\(error)".contains("give --rows") }
        #expect(throws: InputError.self) { try rows().check([.standardInput]) }
        #expect(try await ids([.file(other)], reading(rows(form: .csv))) == ["4"])
    }

    private func tables() throws -> [InputSource] {
        try (0..<4).map { file in
            let rows = (1...25).map { "r\(file * 25 + $0),x\n" }.joined()
            return .file(try scratch.file("\(file).csv", bytes: Array(("a,b\n" + rows).utf8)))
        }
    }

    @Test(arguments: [1, 25, 26, 99, 100, 101])
    func aLimitIsOfAllFilesTogether(limit: Int) async throws {
        #expect(
            try await ids(tables(), reading(rows(limit: limit))) == (1...min(limit, 100)).map { "r\($0)" })
    }

    /// The rows that the library draws, of all files together, in every reading the same.
    @Test func aSampleIsOfAllFilesTogether() async throws {
        let sources = try tables()
        let drawn = RowSample.rows(10, of: 100, seed: 7).map { "r\($0)" }
        #expect(try await ids(sources, reading(rows(sample: RowInput.Sample(10, seed: 7)))) == drawn)
        let first = try await ids(sources, reading(rows(limit: 4, sample: RowInput.Sample(10, seed: 7))))
        #expect(first == Array(drawn.prefix(4)))
        let all = try await ids(sources, reading(rows(sample: RowInput.Sample(1000, seed: 7))))
        #expect(all == (1...100).map { "r\($0)" })
    }

    /// Nobody has counted the rows of what is read only once.
    @Test func aSampleWithoutItsCheckIsRefused() throws {
        var feed = JobFeed(try tables(), reading(try rows(sample: RowInput.Sample(1, seed: 1))), checked: nil)
        #expect { try feed.next(maximum: 1) } throws: { error in "\(error)".contains("--sample-rows") }
    }

    @Test func aFileThatChangedSinceItsSampleWasDrawnIsNotRead() throws {
        let file = try scratch.file("rows.csv", bytes: Array("a,b\n1,x\n".utf8))
        let reading = self.reading(try rows(sample: RowInput.Sample(1, seed: 1)))
        let drawn = try #require(try reading.drawSample(of: [.file(file)]))
        _ = try scratch.file("rows.csv", bytes: Array("a,b\n1,x\n2,y\n".utf8))
        var lines = reading.selecting(drawn.rows).lines(of: [.file(file)], expected: drawn.files)
        #expect {
            while try lines.next() != nil {}
        } throws: { error in
            if case .changed? = error as? InputError { true } else { false }
        }
    }

    @Test func aRowIsBoundedByTheMostBytesOfALine() throws {
        for (name, text) in [
            ("rows.csv", "a,b\n1,\(String(repeating: "x", count: 100))\n2,y\n"),
            ("rows.jsonl", #"{"a":0,"b":""}"# + "\n{\"a\":1,\"b\":\"\(String(repeating: "x", count: 100))\"}\n"),
        ] {
            let file = try scratch.file(name, bytes: Array(text.utf8))
            var reading = self.reading(try rows())
            reading.maximumLineBytes = 50
            let report = try InputValidator([.file(file)], reading).validate().report
            #expect("\(report)".contains(":2: the row has more bytes than --max-line-bytes allows (50)"), "\(report)")
        }
    }

    @Test func jobLinesAreShownAsTheyAreMadeFaultsOrNot() throws {
        let file = try scratch.file("rows.csv", bytes: Array("a,b\n1,x\n2,\n3\n4,z\n".utf8))
        var shown: [String] = []
        let summary = try InputValidator([.file(file)], reading(rows())).validate { line in
            shown.append(String(decoding: line, as: UTF8.self))
        }
        #expect(
            shown == [
                #"{"id":"1","model":"mock/m","prompt":"x"}"#, #"{"id":"2","model":"mock/m","prompt":""}"#,
                #"{"id":"4","model":"mock/m","prompt":"z"}"#,
            ])
        #expect(summary.jobs == 2 && summary.rejectedLines == 2 && summary.report.count == 2)
    }
}
