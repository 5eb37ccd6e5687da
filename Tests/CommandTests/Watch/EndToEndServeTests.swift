import Foundation
import MockProvider
import Testing

/// `serve`, `run --serve` and `report` as their user has them.
@Suite(.serialized)
struct EndToEndServeTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    /// Runs some jobs to their end, of which two fail and one is cut and goes on.
    private func makeDatabase() async throws {
        let file = try directory.writeJobs(
            (1...10).map { Answers.countingJob("j\($0)", to: 30) }
                + (1...2).map { Answers.countingJob("bad\($0)", to: 3, options: "+status=400") }
                + [Answers.countingJob("cut", to: 60, options: "+cutchunk=middle+times=1")])
        let run = try await BatchProcess.run("run", file, "--db", database)
        #expect(run.status == 1, "\(run.error)")
    }

    @Test func thePageIsServedUntilASignalComes() async throws {
        try await makeDatabase()
        let page = try await ServedPage(database)
        let html = try await page.get("/")
        #expect(html.status == 200 && html.headers["content-type"]?.hasPrefix("text/html") == true)
        let status = try await page.get("/api/status").json
        let jobs = try #require(status["jobs"] as? [String: Any])
        #expect(jobs["completed"] as? Int == 11 && jobs["failed"] as? Int == 2)
        #expect(status["state"] as? String == "finished")
        let failures = try #require(status["failures"] as? [[String: Any]])
        #expect(failures.first?["jobs"] as? Int == 2 && failures.first?["advice"] as? String != nil)
        let seconds = try await page.get("/api/seconds").json["seconds"] as? [[String: Any]]
        #expect(seconds?.compactMap { $0["completed"] as? Int }.reduce(0, +) == 11)
        // A name that stands for this machine in somebody else's hands.
        #expect(try await LoopbackHTTP.request("/", port: page.port, host: "evil.example").status == 421)
        // Nothing works on it.
        let token = try await page.token()
        let command = try await ServedPage.tell(#"{"command":"pause"}"#, port: page.port, token: token)
        #expect(command.status == 409, "\(command)")
        page.process.send(SIGINT)
        let ended = await page.process.ended()
        #expect(ended.status == 130 && ended.error.isEmpty, "\(ended.error)")
        #expect(!FileManager.default.fileExists(atPath: database + "-wal"))
    }

    /// The system's own program gets the page's address; where there is none the page is served all the same.
    @Test func thePageIsOpenedWhereThatIsAskedFor() async throws {
        try await makeDatabase()
        let told = directory.path("told")
        let program = try directory.write(
            "#!/bin/sh\necho \"$1\" > '\(told).part'\nmv '\(told).part' '\(told)'\n", to: "xdg-open")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        let page = try await ServedPage(
            database, ["--open"], environment: ["PATH": directory.url.path + ":/usr/bin:/bin"])
        try await page.process.wait { FileManager.default.fileExists(atPath: told) }
        #expect(try String(contentsOfFile: told, encoding: .utf8) == "http://127.0.0.1:\(page.port)/\n")
        try FileManager.default.removeItem(atPath: program)
        let other = try await ServedPage(database, ["--open"], environment: ["PATH": directory.url.path])
        try await other.process.wait { other.process.errorSoFar.contains("\n") }
        #expect(other.process.errorSoFar.contains("xdg-open"), "\(other.process.errorSoFar)")
        #expect(try await other.get("/").status == 200)
    }

    /// What was written before somebody came, what comes, and what comes after the line was cut: once and in order.
    @Test func anAnswerIsReadAsItIsWrittenAndGoesOnWhereItWasCut() async throws {
        let run = try await ControlledRunProcess([Answers.countingJob("a/b", to: 2_000)], heldAfter: 20_000)
        try await run.untilThereIsText(of: 1)
        let page = try await ServedPage(run.database)
        let target = "/api/jobs/a%2Fb/stream"
        func open(after id: String?) throws -> LoopbackHTTP {
            let connection = try LoopbackHTTP(port: page.port)
            let last = id.map { "Last-Event-ID: \($0)\r\n" } ?? ""
            connection.send("GET \(target) HTTP/1.1\r\nHost: localhost:\(page.port)\r\n\(last)\r\n")
            return connection
        }
        let first = await (try open(after: nil)).receive { Self.ids($0).count >= 20 }
        let cut = Self.ids(first)[9]
        let second = try open(after: cut)
        let begun = await second.receive { !Self.ids($0).isEmpty }
        #expect(Self.ids(begun).first == Self.ids(first)[10])
        run.server.hold(afterBodyBytes: nil)
        let rest = begun + (await second.receive { $0.contains("event: end") })
        let ended = await run.ended()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(rest.contains("event: end\ndata: {\"status\":\"completed\"}"))
        let ids = Self.ids(first).prefix(10) + Self.ids(rest)
        #expect(Array(ids) == (try run.rows("SELECT chunk_id FROM chunks ORDER BY chunk_id")))
        let text = Self.texts(first).prefix(10).joined() + Self.texts(rest).joined()
        #expect(text == Answers.counting(to: 2_000))
        // Who comes behind its end gets all of it.
        let whole = await (try open(after: nil)).receive()
        #expect(Self.texts(whole).joined() == Answers.counting(to: 2_000))
    }

    private static func ids(_ text: String) -> [String] {
        // Only of events that are whole.
        text.matches(of: #/id: (\d+)\nevent: chunk\ndata: .*\n\n/#).map { String($0.1) }
    }

    private static func texts(_ text: String) -> [String] {
        text.matches(of: #/event: chunk\ndata: (.*)\n\n/#).compactMap { match -> String? in
            let object = try? JSONSerialization.jsonObject(with: Data(match.1.utf8)) as? [String: Any]
            guard object?["kind"] as? String == "text" else { return match.1.contains("\"seq\":") ? "" : nil }
            return object?["text"] as? String
        }
    }

    @Test func aRunIsSteeredByThePageOfAnotherProcess() async throws {
        let run = try await ControlledRunProcess(
            (1...6).map { Answers.countingJob("j\($0)", to: 2_000) }, ["--concurrency", "4"], heldAfter: 8_000)
        try await run.untilStreaming(4)
        let page = try await ServedPage(run.database)
        let token = try await page.token()
        let wrong = try await ServedPage.tell(
            #"{"command":"concurrency","value":2}"#, port: page.port, token: String(token.reversed()))
        #expect(wrong.status == 403)
        let told = try await ServedPage.tell(
            #"{"command":"concurrency","value":2}"#, port: page.port, token: token)
        #expect(told.status == 200, "\(told)")
        #expect(try told.json["streams_over"] as? Int == 2)
        #expect(try run.rows("SELECT command, value FROM run_changes") == ["concurrency|2"])
        let cancelled = try await ServedPage.tell(
            #"{"command":"cancel","ids":["none"]}"#, port: page.port, token: token)
        #expect(cancelled.status == 400, "\(cancelled)")
        let limits = try await page.get("/api/status").json["limits"] as? [String: Any]
        #expect(limits?["concurrency"] as? Int == 2)
        run.server.hold(afterBodyBytes: nil)
        #expect(await run.ended().status == 0)
    }

    @Test func aRunServesItsOwnPage() async throws {
        let run = try await ControlledRunProcess(
            (1...3).map { Answers.countingJob("j\($0)", to: 2_000) }, ["--serve", "0", "--progress", "none"],
            heldAfter: 4_000)
        try await run.untilStreaming(3)
        let port = try await ServedPage.port {
            run.process.errorSoFar
        } orFail: {
            run.process.errorSoFar
        }
        let status = try await LoopbackHTTP.request("/api/status", port: port).json
        #expect(status["state"] as? String == "running")
        #expect((status["jobs"] as? [String: Any])?["running"] as? Int == 3)
        let token = try await ServedPage.token(port: port)
        let paused = try await ServedPage.tell(#"{"command":"pause"}"#, port: port, token: token)
        #expect(paused.status == 200, "\(paused)")
        let again = try await ServedPage.tell(#"{"command":"continue"}"#, port: port, token: token)
        #expect(again.status == 200, "\(again)")
        // Who still reads does not keep it from ending. (One answer may have written all that it takes to hold the others.)
        try await run.untilThereIsText(of: 1)
        let written = try #require(
            try run.rows(
                """
                SELECT custom_id FROM chunks JOIN attempts USING (attempt_id) JOIN jobs USING (job_id)
                WHERE kind = 'text' LIMIT 1
                """
            ).first)
        let reader = try LoopbackHTTP(port: port)
        reader.send("GET /api/jobs/\(written)/stream HTTP/1.1\r\nHost: localhost:\(port)\r\n\r\n")
        _ = await reader.receive { $0.contains("event: chunk") }
        run.server.hold(afterBodyBytes: nil)
        let ended = await run.ended()
        #expect(ended.status == 0 && !ended.error.contains("EventLoop"), "\(ended.error)")
        // Nothing of the page holds the file open beyond the end. (Reading it here makes the WAL anew.)
        #expect(!FileManager.default.fileExists(atPath: run.database + "-wal"))
        try Answers.expectWhole(run.database, jobs: 3)
    }

    @Test func aPortThatIsTakenEndsARunBeforeItBegins() async throws {
        try await makeDatabase()
        let page = try await ServedPage(database)
        let file = try directory.writeJobs([Answers.countingJob("a", to: 3)])
        for arguments in [
            ["run", file, "--db", directory.path("other.db"), "--serve", "\(page.port)"],
            ["serve", "--db", database, "--port", "\(page.port)"],
        ] {
            let ended = try await BatchProcess(arguments).ended()
            #expect(ended.status == 2 && ended.error.contains("\(page.port)"), "\(ended.error)")
        }
        #expect(!FileManager.default.fileExists(atPath: directory.path("other.db")))
    }

    @Test(arguments: [
        (["serve", "--db", "none.db"], 3, "no such database"), (["serve"], 2, "--db"),
        (["serve", "--db", "none.db", "--port", "70000"], 2, "65535"),
        (["report", "--db", "none.db", "-o", "r.html"], 3, "no such database"),
        (["report", "--db", "none.db"], 2, "--output"), (["run", "none.jsonl", "--serve", "-1"], 2, "serve"),
    ])
    func whatCannotBeServedIsSaid(arguments: [String], status: Int32, words: String) async throws {
        let ended = try await BatchProcess(arguments, directory: directory.url).ended()
        #expect(ended.status == status && ended.error.contains(words), "\(ended.error)")
    }

    /// Who still reads is let go without a word: an answer that is made at the end has no connection any more.
    @Test func openAnswersEndWithThePageInSilence() async throws {
        let run = try await ControlledRunProcess([Answers.countingJob("j1", to: 2_000)], heldAfter: 8_000)
        try await run.untilThereIsText(of: 1)
        let page = try await ServedPage(run.database)
        let readers = try (0..<16).map { _ in try LoopbackHTTP(port: page.port) }
        for reader in readers {
            reader.send("GET /api/jobs/j1/stream HTTP/1.1\r\nHost: localhost:\(page.port)\r\n\r\n")
            let text = await reader.receive { $0.contains("event: chunk") }
            #expect(text.contains("event: chunk"), "\(text)")
        }
        page.process.send(SIGINT)
        let ended = await page.process.ended()
        #expect(ended.status == 130 && ended.error.isEmpty, "\(ended.error)")
        for reader in readers { #expect(await !reader.receive().contains("event: end")) }
        run.server.hold(afterBodyBytes: nil)
        #expect(await run.ended().status == 0)
    }
}
