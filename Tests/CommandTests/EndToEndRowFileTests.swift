import Foundation
import LLMStreaming
import MockProvider
import Testing

/// Files of rows and templates that cannot be used, and what a row cannot be, as users meet them (Contract, "Rows and
/// templates").
@Suite(.serialized)
struct EndToEndRowFileTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("rows.db") }

    init() throws {
        directory = try TemporaryDirectory()
        _ = try directory.write(#"{"id":"q-{{n}}","model":"mock/count-{{n}}","prompt":"{{name}}"}"#, to: "t.json")
    }

    private func batch(_ arguments: String...) async throws -> BatchProcess.Ended {
        try await BatchProcess(arguments, directory: directory.url).ended()
    }

    private var names: Set<String> {
        get throws { Set(try FileManager.default.contentsOfDirectory(atPath: directory.url.path)) }
    }

    /// In the shape of a batch file too: its body is passed on as it is.
    @Test(arguments: [
        (#"{"custom_id":"{{n}}","url":"/v1/chat/completions","body":BODY}"#, "mock"),
        (#"{"custom_id":"{{n}}","params":BODY}"#, "mock"), (#"{"custom_id":"{{n}}","body":BODY}"#, "mock"),
    ])
    func numbersOfABodyAreSentAsNumbers(shape: String, provider: String) async throws {
        var configuration = MockConfiguration()
        configuration.recordsRequests = true
        let server = try await MockServer.start(configuration)
        let body = #"""
            {"model":"count-2","max_tokens":64,"top_k":"{{m}}","messages":[{"role":"user","content":"{{n}}"}]}
            """#
        _ = try directory.write(shape.replacing("BODY", with: body), to: "t.json")
        _ = try directory.write("n,m\n1,5\n2,\n", to: "rows.csv")
        let run = try await batch(
            "run", "rows.csv", "--template", "t.json", "--provider", provider, "--base-url", server.baseURL)
        #expect(run.status == 0, "\(run.error)")
        #expect(
            try SQLite.rows(
                database,
                """
                SELECT coalesce(json_type(request, '$.body.top_k'), json_type(request, '$.params.top_k'), 'none')
                FROM jobs JOIN requests USING (job_id) ORDER BY custom_id
                """) == ["integer", "none"])
        let sent = try server.requests.map { try JSONParser.parse(Array($0.body)) }
            .sorted { ($0["top_k"]?.int ?? 0) > ($1["top_k"]?.int ?? 0) }
        #expect(sent.map { $0["top_k"] } == [5, nil], "\(sent)")
        _ = try directory.write("n,m\n1,5\n2,many\n", to: "rows.csv")
        let fault = try await batch("validate", "rows.csv", "--template", "t.json", "--provider", provider)
        #expect(
            fault.status == 2
                && fault.error.contains("top_k must be a number, which the cell of column 'm' is not"), "\(fault)")
        await server.stop()
    }

    @Test(arguments: [
        ("n,nam\n", "rows.csv: t.json: prompt: no column 'name'; the header has 'n', 'nam'"),
        ("n;name\n1;x\n", "cells are between commas, not ';'"), ("sep=;\nn;name\n", "leave the line out"),
        ("n\tname\n1\tx\n", "--rows tsv reads cells between tabs"),
    ])
    func aHeaderIsCheckedWhateverStandsBehindIt(text: String, words: String) async throws {
        _ = try directory.write(text, to: "rows.csv")
        for command in [["validate"], ["run"], ["run", "--skip-invalid"]] {
            let ended = try await BatchProcess(
                command + ["rows.csv", "--template", "t.json"], directory: directory.url
            ).ended()
            #expect(ended.status == 2 && ended.error.contains(words), "\(ended)")
        }
        #expect(try names == ["rows.csv", "t.json"])
    }

    @Test func theHeadersOfAllFilesAreCheckedBeforeAnythingIsSent() async throws {
        _ = try directory.write("n,name\n2,x\n3,y\n", to: "1.csv")
        _ = try directory.write("n,title\n4,z\n", to: "2.csv")
        for limit in ["1", "2", "3"] {
            let run = try await batch(
                "run", "1.csv", "2.csv", "--template", "t.json", "--limit", limit, "--db", "rows.db")
            #expect(run.status == 2 && run.error.contains("2.csv: t.json: prompt: no column 'name'"), "\(run)")
        }
        #expect(try names == ["1.csv", "2.csv", "t.json"])
    }

    @Test func aNameThatNoJobLineHasIsToldOnce() async throws {
        _ = try directory.write(#"{"model":"mock/m","promt":"{{name}}"}"#, to: "t.json")
        _ = try directory.write("n,name\n" + (1...9).map { "\($0),x\n" }.joined(), to: "rows.csv")
        let ended = try await batch("run", "rows.csv", "--template", "t.json", "--skip-invalid")
        #expect(ended.status == 2 && ended.error.contains("t.json: unknown field 'promt'"), "\(ended)")
        #expect(ended.error.split(separator: "promt").count == 2, "\(ended)")
        #expect(try names == ["rows.csv", "t.json"])
    }

    @Test func aFileToBeDecompressedIsToldBeforeItsFormIsAskedFor() async throws {
        try Data([0x1F, 0x8B, 8, 0, 0, 0, 0, 0]).write(to: directory.url.appending(path: "rows.csv.gz"))
        let ended = try await batch("run", "rows.csv.gz", "--template", "t.json")
        #expect(ended.status == 2 && ended.error.contains("gunzip -c FILE > NEW.csv"), "\(ended)")
    }

    @Test func bothRowsAndTemplatesOfALoadTestNeedJobs() async throws {
        let ended = try await batch("bench", "--rows", "csv", "--model", "mock/m")
        #expect(ended.status == 2 && ended.error.contains("--rows needs --jobs"), "\(ended)")
    }

    /// What a row makes is bounded as a line is, and the run goes on without it.
    @Test func aJobLineOverTheLimitIsAFaultOfItsRow() async throws {
        _ = try directory.write(
            #"{"id":"q-{{n}}","model":"mock/count-2","prompt":"{{#l}}{{b}}{{/l}}"}"#, to: "t.json")
        let list = "[" + (0..<4000).map { _ in "1" }.joined(separator: ",") + "]"
        let text = String(repeating: "x", count: 500_000)
        _ = try directory.write(
            "{\"n\":1,\"l\":\(list),\"b\":\"\(text)\"}\n{\"n\":2,\"l\":[1],\"b\":\"y\"}\n", to: "rows.jsonl")
        let run = try await batch("run", "rows.jsonl", "--template", "t.json", "--skip-invalid")
        #expect(run.status == 1, "\(run.error)")
        #expect(try SQLite.rows(database, "SELECT custom_id FROM jobs") == ["q-2"])
        #expect(
            try SQLite.rows(database, "SELECT line, text, reason FROM rejected_lines") == [
                "1||the job line that the template makes of the row has more bytes than --max-line-bytes allows (16,777,216)"
            ])
    }

    @Test func rowsThatAnUnclosedQuoteTakesAreCounted() async throws {
        _ = try directory.write("n,name\n2,x\n3,\"y\n4,z\n5,z\n", to: "rows.csv")
        let run = try await batch("run", "rows.csv", "--template", "t.json", "--skip-invalid")
        #expect(run.status == 1, "\(run.error)")
        #expect(
            try SQLite.rows(database, "SELECT line, reason FROM rejected_lines") == [
                "3|a quote that begins here is not closed (2 more lines are in it)"
            ])
    }

    /// Killed at work and run again: each sample of each row is answered once, and what was stored stays.
    @Test func rowsAreRunOnceHoweverOftenTheProcessIsKilled() async throws {
        _ = try directory.write(
            #"{"id":"r{{n}}","model":"mock/count-20+pace=20ms","prompt":"{{name}}","options":{"seed":"{{n}}"}}"#,
            to: "t.json")
        _ = try directory.write("n,name\n" + (1...60).map { "\($0),\"row\n\($0)\"\n" }.joined(), to: "rows.csv")
        let arguments = [
            "run", "rows.csv", "--template", "t.json", "--samples", "3", "--concurrency", "16",
        ]
        var known: Set<String> = []
        for goal in [20, 60, 100] {
            let process = try BatchProcess(arguments, directory: directory.url)
            let database = self.database
            try await process.wait { SQLite.currentNumber(database, "SELECT count(*) FROM completions") >= goal }
            process.send(SIGKILL)
            #expect(await process.ended().status == -SIGKILL)
            let stored = try Set(SQLite.rows(database, "SELECT job_id, attempt_id, created_ms FROM completions"))
            #expect(known.isSubset(of: stored))
            known = stored
        }
        let last = try await BatchProcess(arguments, directory: directory.url).ended()
        #expect(last.status == 0 && last.error.contains("180 jobs: "), "\(last.error)")
        try Answers.expectWhole(database, jobs: 180)
        #expect(try known.isSubset(of: SQLite.rows(database, "SELECT job_id, attempt_id, created_ms FROM completions")))
        #expect(
            try SQLite.rows(
                database,
                """
                SELECT custom_id, request ->> '$.options.seed', line FROM jobs JOIN requests USING (job_id)
                WHERE custom_id LIKE 'r7#%' ORDER BY 1
                """) == ["r7#1|7|14", "r7#2|8|14", "r7#3|9|14"])
    }
}
