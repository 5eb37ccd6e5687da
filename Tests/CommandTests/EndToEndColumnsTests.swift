import Foundation
import LLMStreaming
import Testing

/// `results`: which columns, which jobs, and failed ones as a job file.
@Suite struct EndToEndColumnsTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    private static let jobs = [
        #"{"id":"a","model":"mock/count-3","prompt":"Capital of Peru?","metadata":{"expected":"Lima","id":7,"list":[1,null]}}"#,
        #"{"id":"b","model":"mock/count-4","messages":[{"role":"user","content":"no"},{"role":"assistant","content":"x"},{"role":"user","content":[{"type":"text","text":"One,"},{"type":"text","text":"two"}]}],"options":{"n":2},"metadata":{"expected":"x, y","flag":true,"none":null}}"#,
        #"{"id":"bad","model":"mock/status=400","system":"S","prompt":"late","options":{"temperature":0.50,"seed":1.0},"resume":"restart","metadata":{"list":"1"}}"#,
    ]

    private func run(_ jobs: [String], _ options: String..., status: Int32) async throws {
        let ended = try await BatchProcess(["run", try directory.writeJobs(jobs)] + options).ended()
        #expect(ended.status == status, "\(ended.error)")
    }

    private func results(_ options: String...) async throws -> BatchProcess.Ended {
        try await BatchProcess(["results", "--db", database] + options).ended()
    }

    private func objects(_ ended: BatchProcess.Ended) throws -> [JSON] {
        #expect(ended.status == 0, "\(ended.error)")
        return try ended.output.split(separator: "\n").map { try JSONParser.parse(String($0)) }
    }

    @Test func membersOfTheMetadataAreColumnsBehindOurs() async throws {
        try await run(Self.jobs, status: 1)
        let rows = try CSV.rows(try await results("--format", "csv").output)
        let head = try #require(rows.first)
        #expect(head.suffix(6) == ["sample", "expected", "metadata.id", "list", "flag", "none"], "\(head)")
        #expect(rows.count == 5 && rows.allSatisfy { $0.count == head.count })
        #expect(rows[1].suffix(5) == ["Lima", "7", "[1,null]", "", ""])
        #expect(rows[3].suffix(5) == ["x, y", "", "", "true", ""])
        let records = rows.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(head, $0)) }
        for record in records.prefix(3) {
            let (first, whole) = (Int(record["ttft_us"] ?? "") ?? 0, Int(record["duration_us"] ?? "") ?? 0)
            #expect(first > 0 && whole >= first, "\(record)")
        }
        #expect(records[3]["ttft_us"] == "" && head.contains("prompt") == false)
        // Those of the jobs that are written only.
        let failed = try CSV.rows(try await results("--format", "csv", "--status", "failed").output)
        #expect(failed.first?.suffix(2) == ["sample", "list"])
        let lines = try objects(try await results())
        #expect((lines[0]["ttft_us"]?.int ?? 0) > 0)
        #expect(lines[0]["duration_us"]?.int != nil)
        #expect(lines[2]["ttft_us"] == nil)
    }

    @Test func columnsAreChosenAndOrdered() async throws {
        try await run(Self.jobs, status: 1)
        let names = "prompt, metadata.expected,id,choice,metadata.id,content,ttft_us,error_kind"
        let rows = try CSV.rows(try await results("--format", "csv", "--columns", names).output)
        // How long the first token took is this machine's affair.
        let known: [[String]] = rows.map { row in Array(row[..<6] + row[7...]) }
        let expected: [[String]] = [
            ["prompt", "metadata.expected", "id", "choice", "metadata.id", "content", "error_kind"],
            ["Capital of Peru?", "Lima", "a", "0", "7", "1 2 3", ""],
            ["One,\ntwo", "x, y", "b", "0", "", rows[2][5], ""],
            ["One,\ntwo", "x, y", "b", "1", "", rows[3][5], ""],
            ["late", "", "bad", "0", "", "", "invalid_request"],
        ]
        #expect(known == expected)
        let lines = try objects(try await results("--columns", names + ",list,usage_source,request"))
        #expect(lines.map { $0["choice"]?.int } == [0, 0, 1, 0])
        let keys: [String] = lines[0].object?.members.map(\.key) ?? []
        #expect(
            keys == names.replacing(" ", with: "").split(separator: ",").map(String.init) + [
                "list", "usage_source", "request",
            ])
        #expect(lines[0]["list"]?.text == "[1,null]")
        #expect(lines[0]["metadata.id"]?.int == 7)
        #expect(lines[0]["usage_source"]?.string == "provider")
        #expect((lines[0]["ttft_us"]?.int ?? 0) > 0)
        #expect(lines[3]["ttft_us"] == .null)
        #expect(lines[3]["request"]?["options"]?.text == #"{"temperature":0.50,"seed":1.0}"#)
        #expect(try CSV.rows(try await results("--format", "csv", "--columns", "expected").output)[1] == ["Lima"])
    }

    /// As an answer's: of the first attempt with content, and the sum of all.
    @Test func theTimesOfAFailedJobAreThoseOfItsAttempts() async throws {
        let jobs = [
            #"{"id":"cut","model":"mock/count-60+cutchunk=30","prompt":"p"}"#,
            #"{"id":"refused","model":"mock/status=400","prompt":"p"}"#,
            #"{"id":"busy","model":"mock/status=500","prompt":"p"}"#,
        ]
        try await run(jobs, "--max-attempts", "2", "--resume", "restart", status: 1)
        let query = """
            SELECT (SELECT first_chunk_us FROM attempts AS a WHERE a.job_id = j.job_id AND first_chunk_us > 0
                ORDER BY number LIMIT 1), sum(duration_us), count(*)
            FROM jobs AS j JOIN attempts USING (job_id) GROUP BY j.job_id ORDER BY j.job_id
            """
        let expected = try SQLite.rows(database, query)
        #expect(expected[0].first != "|" && !expected[0].hasSuffix("|1"), "\(expected)")
        #expect(expected[1].first == "|" && expected[1].hasSuffix("|1") && expected[2].hasSuffix("|2"), "\(expected)")
        let lines = try objects(try await results())
        let told = lines.map { line in
            "\(line["ttft_us"]?.int.map { "\($0)" } ?? "")|\(line["duration_us"]?.int.map { "\($0)" } ?? "")|"
        }
        #expect(zip(expected, told).allSatisfy { $0.hasPrefix($1) } && told.count == 3, "\(told) \(expected)")
        let rows = try CSV.rows(try await results("--format", "csv", "--columns", "ttft_us,duration_us").output)
        #expect(rows.dropFirst().map { $0.joined(separator: "|") + "|" } == told)
        // Attempts of a request that was replaced are not of this one.
        try SQLite.write(database, "UPDATE attempts SET request_sha256 = 'x' WHERE number = 1")
        let later = try objects(try await results())
        #expect(later[0]["duration_us"]?.int.map { $0 < (lines[0]["duration_us"]?.int ?? 0) } == true)
        #expect(later[1]["duration_us"] == nil)
    }

    @Test func thePromptOfEveryShapeIsItsText() async throws {
        try await run(
            [
                #"{"custom_id":"chat","url":"/v1/chat/completions","body":{"model":"count-1","messages":[{"role":"system","content":"s"},{"role":"user","content":"c"}]}}"#,
                #"{"custom_id":"responses","url":"/v1/responses","body":{"model":"count-1","input":"r"}}"#,
                #"{"custom_id":"items","url":"/v1/responses","body":{"model":"count-1","input":[{"role":"user","content":[{"type":"input_text","text":"i"}]}]}}"#,
                #"{"custom_id":"params","params":{"model":"count-1","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"p"}]}]}}"#,
                #"{"custom_id":"bare","body":{"model":"count-1","messages":[{"role":"user","content":"b"}]}}"#,
            ], "--provider", "mock", status: 0)
        let rows = try CSV.rows(try await results("--format", "csv", "--columns", "id,prompt").output)
        let expected: [[String]] = [
            ["chat", "c"], ["responses", "r"], ["items", "i"], ["params", "p"], ["bare", "b"],
        ]
        #expect(Array(rows.dropFirst()) == expected)
    }

    @Test(arguments: [
        ("id,contnet", "did you mean 'content'?"), ("ttft", "did you mean 'ttft_us'?"),
        ("expcted", "did you mean 'expected'?"), ("metadata.expcted", "did you mean 'metadata.expected'?"),
        ("", "there is no column ''"), ("metadata.", "there is no column 'metadata.'"), ("id,status,id", "twice"),
    ])
    func aColumnThatIsNoneIsToldWithThoseThatThereAre(names: String, words: String) async throws {
        try await run([Self.jobs[0]], status: 0)
        let output = try directory.write("old", to: "out.csv")
        let ended = try await results("--format", "csv", "--columns", names, "-o", output)
        #expect(ended.status == 2 && ended.error.contains(words), "\(ended.error)")
        if words != "twice" {
            #expect(ended.error.contains("known are id, status, choice,"), "\(ended.error)")
            #expect(ended.error.contains("of the metadata expected, id, list"), "\(ended.error)")
        }
        #expect(try String(contentsOfFile: output, encoding: .utf8) == "old")
    }

    @Test(arguments: ["openai-batch", "anthropic-batch", "text", "jobs"])
    func columnsGoWithTablesOnly(format: String) async throws {
        let ended = try await results("--format", format, "--columns", "id")
        #expect(
            ended.status == 2 && ended.error.contains("--columns goes with --format csv and jsonl"), "\(ended.error)")
    }

    @Test func jobsThatAreGoneFromTheirFileAreWrittenWhenAskedFor() async throws {
        func ids(_ ended: BatchProcess.Ended) throws -> [String] { try objects(ended).compactMap { $0["id"]?.string } }
        let jobs = ["a", "b", "c"].map { Answers.countingJob($0, to: 2) }
        try await run(jobs, status: 0)
        #expect(try await results().error.isEmpty)
        try await run([jobs[1]], status: 0)
        let usual = try await results()
        #expect(try ids(usual) == ["b"])
        #expect(usual.error == "2 jobs that are gone from their file are left out; --include-gone writes them too\n")
        let whole = try await results("--include-gone")
        #expect(try ids(whole) == ["b", "a", "c"] && whole.error.isEmpty, "\(whole.error)")
        #expect(try ids(try await results("--job", "a")) == ["a"])
        let failed = try await results("--status", "failed")
        #expect(try ids(failed) == [] && failed.error.isEmpty, "\(failed.error)")
        for (format, mark) in [("csv", "\na,"), ("text", "==> a "), ("openai-batch", #""custom_id":"a""#)] {
            let ended = try await results("--format", format)
            #expect(!ended.output.contains(mark), "\(ended.output)")
            #expect(ended.error.contains("2 jobs that are gone"), "\(ended.error)")
            let whole = try await results("--format", format, "--include-gone")
            #expect(whole.output.contains(mark), "\(whole.output)")
        }
    }

    @Test func failedJobsBecomeAJobFileThatRunTakesAsTheSameJobs() async throws {
        let batch = [
            #"{"custom_id":"chat","method":"POST","url":"/v4/chat/completions","body":{"messages":[{"role":"user","content":"\#u{e9}"}],"model":"status=400","top_k":1.50}}"#,
            #"{"custom_id":"params","params":{"model":"status=400","max_tokens":9,"messages":[{"role":"user","content":"p"}]}}"#,
            #"{"custom_id":"bare","body":{"model":"status=400","messages":[{"role":"user","content":"b"}]}}"#,
            #"{"model":"mock/status=400","prompt":"without an id"}"#,
        ]
        try await run(Self.jobs + batch, "--provider", "mock", status: 1)
        let file = directory.path("failed.jsonl")
        let ended = try await results("--format", "jobs", "-o", file)
        #expect(ended.status == 0 && ended.error.isEmpty, "\(ended.error)")
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(
            lines.count == 5 && lines[0] == Self.jobs[2]
                && lines[1] == batch[0].replacing(#""method""#, with: #""provider":"mock","method""#),
            "\(lines.joined(separator: "\n"))")
        // Each line says who is asked.
        let again = try await BatchProcess.run("run", file)
        #expect(again.status == 1 && again.error.contains("5 jobs: 5 new"), "\(again.error)")
        let query = """
            SELECT custom_id, provider, model, request_sha256, metadata, request FROM jobs JOIN requests USING (job_id)
            WHERE status = 'failed' ORDER BY custom_id
            """
        let rows = try SQLite.rows(database, query)
        #expect(rows.count == 5)
        #expect(try SQLite.rows(directory.path("failed.db"), query) == rows)
        // To the same database they are no other jobs either.
        let same = try await BatchProcess.run("run", file, "--db", database)
        #expect(same.status == 1 && same.error.contains("5 jobs: 5 failed"), "\(same.error)")
    }

    @Test func theFiltersChooseTheJobsOfAJobFileAndEachLineNamesItsProvider() async throws {
        try await run(Self.jobs, status: 1)
        #expect(try objects(try await results("--format", "jobs")).map { $0["id"]?.string } == ["bad"])
        let chosen = try await results("--format", "jobs", "--status", "completed", "--model", "count-4")
        #expect(chosen.error.isEmpty)
        #expect(chosen.output == Self.jobs[1].replacing("\n", with: "") + "\n")
        #expect(try objects(try await results("--format", "jobs", "--job", "a")).map { $0["id"]?.string } == ["a"])
        // Bodies of three providers, one of which is the one that a line of their form goes to.
        try SQLite.write(
            database,
            """
            UPDATE jobs SET provider = CASE custom_id WHEN 'a' THEN 'vllm' WHEN 'b' THEN 'groq' ELSE 'openai' END;
            UPDATE requests SET request = '{"url":"/v1/chat/completions","body":{"model":"m","messages":[]}}'
            """)
        let all = try await results("--format", "jobs", "--status", "completed", "--status", "failed")
        #expect(all.error.isEmpty, "\(all.error)")
        #expect(try objects(all).map { $0["provider"]?.string } == ["vllm", "groq", nil])
    }
}
