import Foundation
import LLMStreaming
import Testing

/// Rows of CSV, TSV and JSONL become jobs by a template, and their answers rows again (Contract, "Rows and templates").
@Suite(.serialized)
struct EndToEndRowsTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("rows.db") }

    init() throws {
        directory = try TemporaryDirectory()
        _ = try directory.write(Self.template, to: "t.json")
    }

    private static let template =
        #"{"id": "q-{{n}}", "model": "mock/count-{{n}}", "prompt": "{{name}} counts to {{ n }}."}"#
    private static let csv = "n,name\n3,Ada\n4,Grace\n5,Edsger\n"

    private func batch(_ arguments: String..., input: String? = nil) async throws -> BatchProcess.Ended {
        try await BatchProcess(arguments, directory: directory.url, input: input).ended()
    }

    private var names: Set<String> {
        get throws { Set(try FileManager.default.contentsOfDirectory(atPath: directory.url.path)) }
    }

    private func ids(_ name: String = "rows.db") throws -> [String] {
        try SQLite.rows(
            directory.path(name), "SELECT custom_id FROM jobs WHERE line IS NOT NULL ORDER BY line, custom_id")
    }

    /// A table of that many rows, with ids that the template makes.
    private func writeTable(_ rows: Int, to name: String = "rows.csv") throws {
        _ = try directory.write("n,name\n" + (1...rows).map { "\($0),row \($0)\n" }.joined(), to: name)
        _ = try directory.write(#"{"id":"r{{n}}","model":"mock/count-2","prompt":"{{name}}"}"#, to: "t.json")
    }

    // MARK: - From rows to answers

    @Test(arguments: [
        ("rows.csv", "\u{FEFF}n,name\r\n3,Ada\r\n4,\"Grace, \"\"Amazing\"\"\"\r\n5,\"two\nlines\"\r\n", [2, 3, 4]),
        ("rows.tsv", "n\tname\n3\tAda\n4\t\"Grace, \"\"Amazing\"\"\"\n\n5\t\"two\nlines\"", [2, 3, 5]),
        (
            "rows.jsonl",
            #"{"n":3,"name":"Ada"}"# + "\n\n" + #"{"n":4,"name":"Grace, \"Amazing\""}"# + "\n"
                + #"{"name":"two\nlines","n":5}"#, [1, 3, 4]
        ),
    ])
    func rowsOfEachFormBecomeAnswers(name: String, text: String, lines: [Int]) async throws {
        _ = try directory.write(text, to: name)
        let run = try await batch("run", name, "--template", "t.json")
        #expect(run.status == 0, "\(run.error)")
        #expect(
            try SQLite.rows(
                database,
                """
                SELECT j.custom_id, j.source, j.line, r.request ->> '$.prompt', r.metadata ->> '$.name', c.content
                FROM jobs AS j JOIN requests AS r USING (job_id) JOIN completions AS c USING (job_id) ORDER BY j.line
                """) == [
                    "q-3|\(name)|\(lines[0])|Ada counts to 3.|Ada|1 2 3",
                    "q-4|\(name)|\(lines[1])|Grace, \"Amazing\" counts to 4.|Grace, \"Amazing\"|1 2 3 4",
                    "q-5|\(name)|\(lines[2])|two\nlines counts to 5.|two\nlines|1 2 3 4 5",
                ])
        try Answers.expectWhole(database, jobs: 3)
        let again = try await batch("run", name, "--template", "t.json")
        #expect(again.status == 0 && again.error.contains("3 jobs: 3 done\nnothing to do"), "\(again.error)")
        #expect(try SQLite.number(database, "SELECT count(*) FROM attempts") == 3)
    }

    @Test func standardInputIsReadInTheFormThatRowsNames() async throws {
        for (form, input) in [
            ("csv", Self.csv), ("jsonl", "{\"n\":6,\"name\":\"Ada\"}\n"), ("tsv", "name\tn\nAda\t7\n"),
        ] {
            let run = try await batch("run", "-", "--rows", form, "--template", "t.json", "--output", "-", input: input)
            #expect(run.status == 0, "\(form): \(run.error)")
            let answers = run.output.split(separator: "\n").compactMap { try? JSONParser.parse(String($0)) }
            #expect(answers.count == input.split(separator: "\n").count - (form == "jsonl" ? 0 : 1), "\(run.output)")
            #expect(answers.allSatisfy { $0["metadata"]?["name"] != nil }, "\(run.output)")
        }
        for file in ["-", "t.txt"] {
            _ = try directory.write(Self.csv, to: "t.txt")
            let unknown = try await batch("run", file, "--template", "t.json", "--db", "new.db", input: Self.csv)
            #expect(unknown.status == 2 && unknown.error.contains("give --rows, one of csv, tsv, jsonl"), "\(unknown)")
        }
        #expect(try !names.contains("new.db"))
        let named = try await batch("run", "t.txt", "--rows", "csv", "--template", "t.json")
        #expect(named.status == 0, "\(named.error)")
    }

    /// What is in a cell is text, whatever it looks like; it arrives as it is, and is never expanded again.
    @Test func hostileValuesArriveUnchanged() async throws {
        let values = [
            #""},"model":"mock/evil"},{"x":""#, "{{n}} {{#n}}", "\\\" \\u0041 \\", "\u{1}\u{7F}\u{2028}\u{202E}",
            "<b>&amp;</b>",
            "=cmd|' /C calc'!A0", "'; DROP TABLE jobs; --", "é e\u{301} 👩‍👩‍👧 \u{1F1E9}\u{1F1EA}", "\r\n\n", " ", "null",
            "a\"b,c",
        ]
        let rows = values.enumerated().map { "\($0),\"\($1.replacing("\"", with: "\"\""))\"\r\n" }
        _ = try directory.write("n,text\r\n" + rows.joined(), to: "rows.csv")
        let objects = values.enumerated().map { number, value in
            let object: JSON = ["n": .int(number + 100), "text": .string(value)]
            return object.text + "\n"
        }
        _ = try directory.write(objects.joined(), to: "rows.jsonl")
        _ = try directory.write(
            #"{"id":"{{n}}","model":"mock/count-2","system":"{{text}}","prompt":">{{{ text }}}<"}"#, to: "t.json")
        for name in ["rows.csv", "rows.jsonl"] {
            let run = try await batch("run", name, "--template", "t.json", "--db", "rows.db")
            #expect(run.status == 0, "\(run.error)")
        }
        let stored = try SQLite.rows(
            database,
            "SELECT hex(r.request) FROM jobs JOIN requests AS r USING (job_id) ORDER BY CAST(custom_id AS INTEGER)")
        #expect(stored.count == 2 * values.count)
        for (hex, value) in zip(stored, values + values) {
            let bytes = stride(from: 0, to: hex.utf8.count, by: 2).compactMap { offset in
                UInt8(hex.dropFirst(offset).prefix(2), radix: 16)
            }
            let request = try JSONParser.parse(bytes)
            #expect(request["system"]?.string.map { Array($0.utf8) } == Array(value.utf8), "\(value)")
            #expect(request["prompt"]?.string.map { Array($0.utf8) } == Array(">\(value)<".utf8), "\(value)")
        }
        #expect(try SQLite.rows(database, "SELECT DISTINCT model FROM jobs") == ["count-2"])
    }

    /// What a field is tells what a cell is: numbers as numbers, an empty cell as absent.
    @Test func cellsAreNumbersWhereTheFieldIsOne() async throws {
        _ = try directory.write("t,m\n0.70,5\n,\nhot,6\n", to: "rows.csv")
        _ = try directory.write(
            #"{"model":"mock/count-2","prompt":"x","options":{"temperature":"{{t}}","max_tokens":"{{m}}"}}"#,
            to: "t.json")
        let faults = try await batch("validate", "rows.csv", "--template", "t.json", "--show", "2")
        #expect(
            faults.status == 2 && faults.error.contains("rows.csv:4: 'temperature' in options must be"), "\(faults)")
        let lines = faults.output.split(separator: "\n").map(String.init)
        #expect(lines.first?.contains(#""options":{"temperature":0.70,"max_tokens":5}"#) == true, "\(lines)")
        #expect(lines.last?.contains(#""options":{}"#) == true && lines.count == 2, "\(lines)")
    }

    @Test func templatesInTheShapesOfBatchFilesKeepTheRowToo() async throws {
        _ = try directory.write(Self.csv, to: "rows.csv")
        _ = try directory.write(
            """
            {"custom_id": "q-{{n}}", "method": "POST", "url": "/v1/chat/completions",
             "body": {"model": "count-{{n}}", "messages": [{"role": "user", "content": "{{name}}"}]}}
            """, to: "t.json")
        let run = try await batch("run", "rows.csv", "--template", "t.json", "--provider", "mock")
        #expect(run.status == 0, "\(run.error)")
        #expect(
            try SQLite.rows(database, "SELECT custom_id, metadata, content FROM results ORDER BY 1").first
                == #"q-3|{"n":"3","name":"Ada"}|1 2 3"#)
        let jobs = try await batch("results", "--db", "rows.db", "--format", "jobs", "--status", "completed")
        #expect(jobs.output.contains(#""metadata":{"n":"3","name":"Ada"}"#), "\(jobs.output)")
    }

    // MARK: - Faults

    @Test func faultsAreToldWithTheirLinesAndSkippedWhereTheUserSaysSo() async throws {
        _ = try directory.write("n,name\n3,\"Ada\n\nB\"\n4\n2,x\n5,\"Edsger\" W\n6,Grace\n", to: "rows.csv")
        for command in [["validate"], ["run"]] {
            let ended = try await batch(command[0], "rows.csv", "--template", "t.json")
            #expect(ended.status == 2, "\(ended)")
            #expect(ended.error.contains("rows.csv:5: the row has 1 cell, the header 2"), "\(ended.error)")
            #expect(
                ended.error.contains("rows.csv:7: text behind the closing quote, in column 'name'"), "\(ended.error)")
            #expect(try !names.contains("rows.db"))
        }
        let run = try await batch("run", "rows.csv", "--template", "t.json", "--skip-invalid")
        #expect(run.status == 1, "\(run.error)")
        #expect(try ids() == ["q-3", "q-2", "q-6"])
        #expect(
            try SQLite.rows(database, "SELECT line, reason, text FROM rejected_lines ORDER BY 1") == [
                "5|the row has 1 cell, the header 2|", "7|text behind the closing quote, in column 'name'|",
            ])
    }

    @Test(arguments: [
        ("n,n\n1,2\n", "rows.csv: line 1: the header names the column 'n' twice"),
        ("n,\n1,2\n", "rows.csv: line 1: the header has no name for column 2"),
        ("", "rows.csv: line 1: there is no header line"),
        ("n,nam\n1,2\n", "rows.csv: t.json: prompt: no column 'name'; the header has 'n', 'nam'"),
    ])
    func aTableThatCannotBeUsedIsToldOnceWhateverIsSkipped(text: String, words: String) async throws {
        _ = try directory.write(text, to: "rows.csv")
        for command in [["validate"], ["run"], ["run", "--skip-invalid"]] {
            let ended = try await BatchProcess(
                command + ["rows.csv", "--template", "t.json"], directory: directory.url
            ).ended()
            #expect(ended.status == 2 && ended.error.contains(words), "\(ended)")
        }
        #expect(try names == ["rows.csv", "t.json"])
    }

    @Test func anUnclosedQuoteHasItsLine() async throws {
        _ = try directory.write("n,name\n3,Ada\n4,\"Grace\n5,x\n", to: "rows.csv")
        let ended = try await batch("validate", "rows.csv", "--template", "t.json")
        #expect(
            ended.status == 2 && ended.error.contains("rows.csv:3: a quote that begins here is not closed"), "\(ended)")
    }

    @Test(arguments: [
        (#"{"prompt": "x",}"#, "t.json: not JSON: "), (#"["prompt"]"#, "t.json: a template must be a JSON object"),
        (#"{"prompt": "{{#a}}x"}"#, "t.json: prompt: the section {{#a}} is not closed by {{/a}}"),
        (#"{"prompt": "{{>a}}"}"#, "there are no partials"), ("", "t.json: not JSON: "),
    ])
    func aTemplateThatIsNoneIsRefused(template: String, words: String) async throws {
        _ = try directory.write(template, to: "t.json")
        _ = try directory.write(Self.csv, to: "rows.csv")
        for command in ["validate", "run"] {
            let ended = try await batch(command, "rows.csv", "--template", "t.json")
            #expect(ended.status == 2 && ended.error.contains(words), "\(ended)")
        }
        #expect(try names == ["rows.csv", "t.json"])
    }

    @Test(arguments: [
        (["run", "rows.csv", "--rows", "csv"], "--template"), (["run", "rows.csv", "--limit", "3"], "--template"),
        (["run", "rows.csv", "--sample-rows", "3"], "--template"),
        (["validate", "rows.csv", "--row-metadata", "all"], "--row-metadata needs --template"),
        (["run", "rows.csv", "--row-metadata", "none"], "--row-metadata needs --template"),
        (["validate", "rows.csv", "--show", "1"], "--show needs --template"),
        (["run", "rows.csv", "--template", "t.json", "--seed", "3"], "--seed needs --sample-rows"),
        (["run", "rows.csv", "--template", "t.json", "--limit", "0"], "--limit must be at least 1"),
        (["run", "rows.csv", "--template", "none.json"], "--template: 'none.json' cannot be read"),
        (["run", "rows.csv", "--template", "t.json", "--rows", "xlsx"], "xlsx"),
        (["run", "rows.csv", "--template", "t.json", "--row-metadata", "name,x"], "--row-metadata: no column 'x'"),
        (["run", "rows.csv"], "--template makes a job of each row"),
        (["bench", "--template", "t.json", "--model", "mock/m"], "--template needs --jobs"),
        (["bench", "--jobs", "rows.csv", "--rows", "csv"], "--template"),
        (["plan", "spark", "--shards", "2", "rows.csv", "--template", "t.json"], "Spark hands out lines"),
    ])
    func optionsThatCannotBeMeantEndWithTwo(arguments: [String], words: String) async throws {
        _ = try directory.write(Self.csv, to: "rows.csv")
        let ended = try await BatchProcess(arguments, directory: directory.url).ended()
        #expect(ended.status == 2 && ended.error.contains(words), "\(ended)")
        #expect(try names == ["rows.csv", "t.json"])
    }

    // MARK: - Which rows

    @Test func aLimitTakesTheFirstRowsOfAllFiles() async throws {
        try writeTable(5)
        _ = try directory.write("n,name\n6,x\n7,x\n8,x\n", to: "more.csv")
        let run = try await batch(
            "run", "rows.csv", "more.csv", "--template", "t.json", "--limit", "7", "--db", "rows.db")
        #expect(run.status == 0, "\(run.error)")
        #expect(try Set(ids()) == Set((1...7).map { "r\($0)" }))
        // The rest is new.
        let rest = try await batch("run", "rows.csv", "more.csv", "--template", "t.json", "--db", "rows.db")
        #expect(rest.status == 0 && rest.error.contains("8 jobs: 7 done, 1 new"), "\(rest.error)")
        // Rows that are not taken are as if they were not there.
        let fewer = try await batch("run", "rows.csv", "--template", "t.json", "--limit", "2", "--db", "rows.db")
        #expect(fewer.status == 0 && fewer.error.contains("2 jobs: 2 done, 3 gone"), "\(fewer.error)")
        let all = try await batch("run", "rows.csv", "--template", "t.json", "--db", "rows.db")
        #expect(all.status == 0 && all.error.contains("5 jobs: 5 done\n"), "\(all.error)")
    }

    @Test func aSampleOfRowsIsTheSameEveryTime() async throws {
        try writeTable(200)
        let options = ["rows.csv", "--template", "t.json", "--sample-rows", "9", "--seed", "4"]
        for database in ["1.db", "2.db"] {
            let run = try await BatchProcess(["run"] + options + ["--db", database], directory: directory.url).ended()
            #expect(run.status == 0, "\(run.error)")
        }
        let drawn = try ids("1.db")
        #expect(try drawn.count == 9 && drawn == ids("2.db"))
        let again = try await BatchProcess(["run"] + options + ["--db", "1.db"], directory: directory.url).ended()
        #expect(again.status == 0 && again.error.contains("9 jobs: 9 done\nnothing to do"), "\(again.error)")
        let shown = try await BatchProcess(["validate"] + options + ["--show", "20"], directory: directory.url).ended()
        #expect(shown.output.split(separator: "\n").count == 9 && shown.output.contains("\"id\":\"\(drawn[0])\""))
        let other = try await batch("run", "rows.csv", "--template", "t.json", "--sample-rows", "9", "--db", "3.db")
        #expect(try other.status == 0 && ids("3.db").count == 9 && ids("3.db") != drawn, "\(other.error)")
        // A larger one holds the smaller.
        let larger = try await batch(
            "run", "rows.csv", "--template", "t.json", "--sample-rows", "30", "--seed", "4", "--db", "1.db")
        #expect(larger.status == 0 && larger.error.contains("30 jobs: 9 done, 21 new"), "\(larger.error)")
        let pipe = try await batch(
            "run", "-", "--rows", "csv", "--template", "t.json", "--sample-rows", "3", "--db", "4.db", input: Self.csv)
        #expect(pipe.status == 2 && pipe.error.contains("--sample-rows needs files that can be read twice"), "\(pipe)")
        #expect(try !names.contains("4.db"))
    }

    @Test func shardsCoverAllRowsOfATableOnce() async throws {
        try writeTable(40)
        _ = try directory.write(#"{"model":"mock/count-2","prompt":"{{name}}"}"#, to: "t.json")
        var parts: [String] = []
        for index in 0..<3 {
            let run = try await batch("run", "rows.csv", "--template", "t.json", "--shard", "\(index)/3")
            #expect(run.status == 0, "\(run.error)")
            parts += try SQLite.rows(directory.path("rows.00\(index)-of-003.db"), "SELECT line FROM jobs")
        }
        #expect(parts.compactMap { Int($0) }.sorted() == Array(2...41))
        let validated = try await batch(
            "validate", "rows.csv", "--template", "t.json", "--shard", "0/3", "--show", "100")
        let own = try SQLite.number(directory.path("rows.000-of-003.db"), "SELECT count(*) FROM jobs")
        #expect(validated.output.split(separator: "\n").count == own, "\(validated)")
    }

    // MARK: - Running again

    @Test func aChangedTemplateIsAnotherRequestUnderTheSameIDs() async throws {
        _ = try directory.write(Self.csv, to: "rows.csv")
        let first = try await batch("run", "rows.csv", "--template", "t.json")
        #expect(first.status == 0, "\(first.error)")
        _ = try directory.write(Self.template.replacing("counts to", with: "counts up to"), to: "t.json")
        let refused = try await batch("run", "rows.csv", "--template", "t.json")
        #expect(refused.status == 2 && refused.error.contains("rows.csv:2"), "\(refused.error)")
        let kept = try await batch("run", "rows.csv", "--template", "t.json", "--on-changed", "keep")
        #expect(kept.status == 0 && kept.error.contains("3 done, 3 changed"), "\(kept.error)")
        let replaced = try await batch("run", "rows.csv", "--template", "t.json", "--on-changed", "replace", "--yes")
        #expect(replaced.status == 0 && replaced.error.contains("3 jobs: 3 changed"), "\(replaced.error)")
        #expect(
            try SQLite.rows(database, "SELECT request ->> '$.prompt' FROM requests ORDER BY 1").first
                == "Ada counts up to 3.")
        // Only what is kept beside the request changes nothing of it.
        let metadata = try await batch("run", "rows.csv", "--template", "t.json", "--row-metadata", "name")
        #expect(metadata.status == 0 && metadata.error.contains("3 done\nnothing to do"), "\(metadata.error)")
        #expect(
            try SQLite.rows(database, "SELECT metadata FROM requests ORDER BY 1")
                == [#"{"name":"Ada"}"#, #"{"name":"Edsger"}"#, #"{"name":"Grace"}"#])
    }

    // MARK: - Answers as rows

    @Test func theRowsColumnsStandBehindOursInResults() async throws {
        _ = try directory.write("n,id,who,content\n3,x1,\"Ada, L.\",c\n4,x2,,\n", to: "rows.csv")
        _ = try directory.write(
            #"{"id":"q-{{n}}","model":"mock/count-{{n}}","prompt":"{{who}}?","metadata":{"who":"{{who}}!","set":"s"}}"#,
            to: "t.json")
        let run = try await batch("run", "rows.csv", "--template", "t.json")
        #expect(run.status == 0, "\(run.error)")
        let rows = try CSV.rows(try await batch("results", "--db", "rows.db", "--format", "csv").output)
        let head = try #require(rows.first)
        #expect(Array(head.suffix(5)) == ["n", "metadata.id", "metadata.content", "who", "set"], "\(head)")
        #expect(head.firstIndex(of: "content")! < head.count - 5)
        let records = rows.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(head, $0)) }
        #expect(records.map { $0["content"] } == ["1 2 3", "1 2 3 4"])
        #expect(records.map { $0["metadata.id"] } == ["x1", "x2"] && records.map { $0["id"] } == ["q-3", "q-4"])
        #expect(records.map { $0["who"] } == ["Ada, L.!", "!"])
    }

    @Test func jobLinesAreShownBeforeAnythingIsSent() async throws {
        _ = try directory.write(Self.csv, to: "rows.csv")
        let shown = try await batch(
            "validate", "rows.csv", "--template", "t.json", "--show", "2", "--row-metadata", "n")
        #expect(shown.status == 0 && shown.error.contains("rows.csv: 3 jobs, no fault"), "\(shown)")
        #expect(
            shown.output == """
                {"id":"q-3","model":"mock/count-3","prompt":"Ada counts to 3.","metadata":{"n":"3"}}
                {"id":"q-4","model":"mock/count-4","prompt":"Grace counts to 4.","metadata":{"n":"4"}}

                """)
        // They are job lines that run takes.
        let run = try await batch("run", "-", "--db", "rows.db", input: shown.output)
        #expect(run.status == 0, "\(run.error)")
        #expect(try SQLite.rows(database, "SELECT custom_id FROM results ORDER BY 1") == ["q-3", "q-4"])
    }

    @Test func aLoadTestSendsRows() async throws {
        _ = try directory.write(Self.csv, to: "rows.tab")
        let server = try await MockProcess()
        let bench = try await batch(
            "bench", "--jobs", "rows.tab", "--rows", "csv", "--template", "t.json", "--requests", "3", "--base-url",
            server.baseURL)
        #expect(bench.status == 0, "\(bench)")
        #expect(bench.output.contains("count-3, count-4, count-5"), "\(bench.output)")
        #expect(try await server.statistics()["requests"] == 3)
    }

    // MARK: - Samples

    @Test func eachJobRunsAsOftenAsSamplesSayAndALargerNumberAddsTheRest() async throws {
        _ = try directory.write(Self.csv, to: "rows.csv")
        _ = try directory.write(
            #"{"id":"q-{{n}}","model":"mock/count-{{n}}","prompt":"{{name}}","options":{"seed":7}}"#, to: "t.json")
        let two = try await batch("run", "rows.csv", "--template", "t.json", "--samples", "2", "--max-jobs", "3")
        #expect(two.status == 4, "\(two.error)")
        let resumed = try await batch("resume", "--db", "rows.db")
        #expect(resumed.status == 0, "\(resumed.error)")
        try Answers.expectWhole(database, jobs: 6)
        let again = try await batch("run", "rows.csv", "--template", "t.json", "--samples", "2")
        #expect(again.status == 0 && again.error.contains("6 jobs: 6 done\nnothing to do"), "\(again.error)")
        let four = try await batch("run", "rows.csv", "--template", "t.json", "--samples", "4")
        #expect(four.status == 0 && four.error.contains("12 jobs: 6 done, 6 new"), "\(four.error)")
        #expect(
            try SQLite.rows(
                database,
                """
                SELECT custom_id, request ->> '$.options.seed' FROM jobs JOIN requests USING (job_id)
                WHERE custom_id LIKE 'q-3#%' ORDER BY 1
                """) == ["q-3#1|7", "q-3#2|8", "q-3#3|9", "q-3#4|10"])
        let fewer = try await batch("run", "rows.csv", "--template", "t.json", "--samples", "2")
        #expect(fewer.status == 0 && fewer.error.contains("6 jobs: 6 done, 6 gone"), "\(fewer.error)")
        let dry = try await batch("run", "rows.csv", "--template", "t.json", "--samples", "5", "--dry-run")
        #expect(dry.status == 0 && dry.error.contains("15 jobs: 12 done, 3 new"), "\(dry.error)")
    }

    @Test func samplesAreOfJobLinesAndOfStandardInputToo() async throws {
        let lines = [Answers.countingJob("a", to: 2), #"{"model":"mock/count-2","prompt":"x"}"#].joined(separator: "\n")
        let run = try await batch("run", "-", "--samples", "3", "--db", "rows.db", "--output", "-", input: lines)
        #expect(run.status == 0, "\(run.error)")
        #expect(run.output.split(separator: "\n").count == 6)
        #expect(
            try SQLite.rows(database, "SELECT custom_id FROM jobs WHERE custom_id LIKE 'a#%' ORDER BY 1") == [
                "a#1", "a#2", "a#3",
            ])
        for number in ["0", "1001", "-1"] {
            let ended = try await batch("run", "-", "--samples=\(number)", input: lines)
            #expect(ended.status == 2 && ended.error.contains("--samples"), "\(ended)")
        }
    }
}
