import BatchRows
import LLMStreaming
import Testing

struct RowSelectionTests {
    static let template = #"{"prompt":"{{a}}"}"#

    private func taken(_ selection: RowSelection, _ text: String, _ form: RowForm = .csv) throws -> [String] {
        try Rows.lines(Self.template, text, form, selection: selection, pieces: 3)
    }

    @Test func theFirstRowsOrThoseOfASample() throws {
        let csv = "a\n1\n\n2\n3\n4\n5\n"
        let json = (1...5).map { "{\"a\":\"\($0)\"}\n" }.joined(separator: "\n")
        for (text, form) in [(csv, RowForm.csv), (json, .jsonl)] {
            let line = { (number: Int) in "{\"prompt\":\"\(number)\"}" }
            #expect(try taken(RowSelection(limit: 2), text, form) == [line(1), line(2)])
            #expect(try taken(RowSelection(limit: 0), text, form) == [])
            #expect(try taken(RowSelection(limit: 9), text, form) == (1...5).map(line))
            #expect(try taken(RowSelection(sample: [5, 2, 3]), text, form) == [2, 3, 5].map(line))
            #expect(try taken(RowSelection(sample: [2, 3, 5], limit: 2), text, form) == [2, 3].map(line))
            #expect(try taken(RowSelection(sample: [3, 2, 2, 0]), text, form) == [2, 3].map(line))
            #expect(try taken(RowSelection(sample: []), text, form) == [])
        }
    }

    @Test func faultsOfRowsThatAreNotTakenAreNotTold() throws {
        let csv = "a\n1\n2,2\n3\n4,4\n"
        #expect(try taken(RowSelection(sample: [1, 3]), csv) == [#"{"prompt":"1"}"#, #"{"prompt":"3"}"#])
        #expect(
            try taken(RowSelection(sample: [2, 3]), csv) == [
                "3 fault line 3: the row has 2 cells, the header 1", #"{"prompt":"3"}"#,
            ])
        #expect(try taken(RowSelection(limit: 1), "a\n1\n\"") == [#"{"prompt":"1"}"#])
    }

    @Test func nothingIsReadBehindTheLastRowThatIsTaken() throws {
        var converter = RowConverter(
            RowPlan(try Rows.template(Self.template), metadata: .none, selection: RowSelection(limit: 2)), .csv,
            maximumRowBytes: 100)
        #expect(!converter.isComplete)
        #expect(Rows.outcomes(of: &converter, "a\n1\n2\n3\n").count == 2)
        #expect(converter.isComplete)
        #expect(converter.rowCount == 2)
        // The next file of the input goes on where this one stopped.
        // Its columns are looked at all the same.
        for (header, words) in [
            ("a,b\n", nil), ("b\n", "no column 'a'; the header has 'b'"), ("a,a\n", "twice"), ("", "no header line"),
        ]
            as [(String, String?)]
        {
            var next = RowConverter(
                RowPlan(try Rows.template(Self.template)), .csv, maximumRowBytes: 100,
                selection: converter.selectionSoFar,
                rowCount: converter.rowCount)
            #expect(!next.isComplete)
            let outcomes = Rows.outcomes(of: &next, header.isEmpty ? "" : header + "1,2\n").map(\.outcome)
            guard let words else {
                #expect(outcomes.isEmpty && next.isComplete)
                continue
            }
            guard case .unusable(let reason)? = outcomes.first, outcomes.count == 1 else {
                Issue.record("\(header): \(outcomes)")
                continue
            }
            #expect(reason.contains(words), "\(reason)")
        }
        var rows = RowConverter(
            RowPlan(try Rows.template(Self.template)), .jsonl, maximumRowBytes: 100,
            selection: converter.selectionSoFar,
            rowCount: converter.rowCount)
        #expect(Rows.outcomes(of: &rows, "no\n{\"a\":1}\nno\n").isEmpty && rows.isComplete && rows.rowCount == 4)
        rows = RowConverter(
            RowPlan(try Rows.template(Self.template)), .jsonl, maximumRowBytes: 100,
            selection: converter.selectionSoFar,
            rowCount: converter.rowCount)
        #expect(
            Rows.outcomes(of: &rows, "{\"b\":1}\n").map(\.outcome) == [
                .unusable("t.json: prompt: no column 'a'; the first row has 'b'")
            ])
    }

    @Test func rowsAreCountedWithoutATemplate() {
        var csv = RowConverter(nil, .csv, maximumRowBytes: 100)
        #expect(Rows.outcomes(of: &csv, "a\n1\n\n2,2\n\"x\ny\"\n").isEmpty)
        #expect(csv.rowCount == 3)
        var json = RowConverter(nil, .jsonl, maximumRowBytes: 100, rowCount: 3)
        #expect(Rows.outcomes(of: &json, "{\"a\":1}\n\nno\n").isEmpty)
        #expect(json.rowCount == 5)
    }

    @Test func aSampleIsTheSameOneEachTime() {
        let drawn = RowSample.rows(100, of: 10_000, seed: 7)
        #expect(drawn == RowSample.rows(100, of: 10_000, seed: 7))
        #expect(drawn.count == 100 && Set(drawn).count == 100 && drawn == drawn.sorted())
        #expect(drawn.allSatisfy { (1...10_000).contains($0) })
        #expect(drawn != RowSample.rows(100, of: 10_000, seed: 8))
        // As a script computed it: another version must draw the same.
        #expect(RowSample.rows(5, of: 1000, seed: 1) == Self.pinned)
        // A larger one holds the smaller.
        #expect(Set(drawn).isSubset(of: RowSample.rows(200, of: 10_000, seed: 7)))
        #expect(RowSample.rows(5, of: 5, seed: 1) == [1, 2, 3, 4, 5])
        #expect(RowSample.rows(9, of: 3, seed: 1) == [1, 2, 3])
        #expect(RowSample.rows(0, of: 3, seed: 1) == [])
        #expect(RowSample.rows(3, of: 0, seed: 1) == [])
    }

    static let pinned = [25, 246, 495, 546, 973]

    @Test func aSampleIsSpreadOverAllRows() {
        // Of 64 draws of half of 64 rows each row is in about half, and each two neighbours in a quarter: the squares of the
        // distances are as chance makes them, about one a row, neither more nor less.
        var counts = [Double](repeating: 0, count: 65)
        var pairs = [Double](repeating: 0, count: 64)
        for seed in 0..<64 {
            let rows = Set(RowSample.rows(32, of: 64, seed: UInt64(seed)))
            for row in rows { counts[row] += 1 }
            for row in 1..<64 where rows.contains(row) && rows.contains(row + 1) { pairs[row] += 1 }
        }
        #expect(counts.dropFirst().allSatisfy { (19...45).contains($0) }, "\(counts)")
        let spread = counts.dropFirst().map { ($0 - 32) * ($0 - 32) / 16 }.reduce(0, +)
        #expect((38...95).contains(spread), "\(spread)")
        let together = pairs.dropFirst().reduce(0, +) / 63
        #expect((15...16.5).contains(together), "\(together)")
    }
}

struct JobSamplesTests {
    @Test func idsAreNumberedWhereThereAreSeveral() throws {
        #expect(JobSamples(0) == nil)
        #expect(try #require(JobSamples(1)).id(1, of: "q") == "q")
        let samples = try #require(JobSamples(3))
        #expect((1...3).map { samples.id($0, of: "q") } == ["q#1", "q#2", "q#3"])
        #expect(["q#1", "q#3", "q#2#1", "#1"].map { samples.base(of: $0) } == ["q", "q", "q#2", ""])
        #expect(["q", "q#0", "q#4", "q#02", "q#+2", "q#", "q#1#x"].compactMap { samples.base(of: $0) } == [])
        #expect(JobSamples(1)?.base(of: "q#1") == "q#1")
    }

    @Test(arguments: [
        (#"{"options":{"seed":7,"n":1}}"#, #"{"options":{"seed":9,"n":1}}"#),
        (#"{"options":{"n":1}}"#, #"{"options":{"n":1}}"#),
        (#"{"options":{"seed":null}}"#, #"{"options":{"seed":null}}"#),
        (#"{"url":"u","body":{"seed":-1}}"#, #"{"url":"u","body":{"seed":1}}"#),
        (#"{"body":{"random_seed":5}}"#, #"{"body":{"random_seed":7}}"#),
        (#"{"prompt":"p","extra_body":{"seed":5.0}}"#, #"{"prompt":"p","extra_body":{"seed":7}}"#),
        (#"{"params":{"seed":5}}"#, #"{"params":{"seed":5}}"#), (#"{"prompt":"p"}"#, #"{"prompt":"p"}"#),
        (#"{"options":{"seed":"5"}}"#, #"{"options":{"seed":"5"}}"#),
    ])
    func eachHasASeedOfItsOwn(request: String, third: String) throws {
        let members = try #require(try JSONParser.parse(request).object)
        #expect(JobSamples.request(members, sample: 1) == members)
        let expected = try #require(try JSONParser.parse(third).object)
        #expect(JobSamples.request(members, sample: 3) == expected)
    }

    @Test func aSeedThatHasNoNextIsRefused() throws {
        let members = try #require(try JSONParser.parse(#"{"options":{"seed":9223372036854775807}}"#).object)
        #expect(JobSamples.request(members, sample: 1) == members)
        #expect(JobSamples.request(members, sample: 2) == nil)
    }
}
