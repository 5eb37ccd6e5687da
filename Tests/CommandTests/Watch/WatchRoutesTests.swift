import BatchWatch
import Foundation
import LLM4SBatch
import LLMStreaming
import Synchronization
import Testing

@testable import llm4s_batch

/// The routes, from a request to an answer, without a socket.
@Suite(.serialized) struct WatchRoutesTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    private static let hostileID = #"</script>"><b>/..?%41 é"#

    /// A database with completed jobs, a failed one, and one of a hostile name.
    private func makeDatabase() async throws {
        let file = try directory.writeJobs(
            (1...4).map { Answers.countingJob("j\($0)", to: 20) }
                + [Answers.countingJob("broken", to: 3, options: "+status=400")]
                + [
                    JSON.object(
                        JSONObject([
                            .init(key: "id", value: .string(Self.hostileID)),
                            .init(key: "model", value: "mock/count-3"),
                            .init(key: "prompt", value: "<i>hello</i>"),
                        ])
                    ).text
                ])
        let run = try await BatchProcess.run("run", file, "--db", database)
        #expect(run.status == 1, "\(run.error)")
    }

    private func routes(
        token: ControlToken = ControlToken(), tell: @escaping WatchRoutes.Tell = { _ in [:] }
    ) -> WatchRoutes {
        WatchRoutes(WatchedDatabase(path: database), port: 80, token: token, tell: tell)
    }

    private static func request(
        _ target: String, _ method: String = "GET", headers: [(String, String)] = [], body: String = ""
    ) throws -> WatchRequest {
        let all = [("Host", "localhost")] + headers
        return try #require(
            WatchRequest(
                method: method, target: target, headers: all.map { (name: $0.0, value: $0.1) }, body: Array(body.utf8)))
    }

    private static func text(_ answer: WatchAnswer) throws -> String {
        guard case .bytes(let bytes) = answer.body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func get(_ target: String, _ routes: WatchRoutes? = nil) async throws -> (status: Int, json: JSON) {
        let answer = await (routes ?? self.routes()).answer(try Self.request(target))
        return (answer.status, try JSONParser.parse(Array(try Self.text(answer).utf8)))
    }

    @Test func theStatusIsThatOfTheCommandAndMore() async throws {
        try await makeDatabase()
        let (status, json) = try await get("/api/status")
        let told = try await BatchProcess.run("status", "--db", database, "--json")
        let command = try JSONParser.parse(Array(told.output.utf8))
        #expect(status == 200 && command.object?.members.count ?? 0 > 10)
        for member in command.object?.members ?? [] where member.key != "size" {
            #expect(json[member.key] == member.value, "\(member.key)")
        }
        #expect(json["state"]?.string == "finished" && json["open_streams"]?.int == 0)
        #expect(json["limits"]?["concurrency"]?.int == 64)
        let (_, statistics) = try await get("/api/stats")
        let stats = try await BatchProcess.run("stats", "--db", database, "--json")
        for member in try JSONParser.parse(Array(stats.output.utf8)).object?.members ?? [] {
            #expect(statistics[member.key] == member.value, "\(member.key)")
        }
    }

    @Test func aJobIsThatOfTheCommandUnderAnyName() async throws {
        try await makeDatabase()
        let escaped = try #require(Self.hostileID.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        for target in ["/api/job?id=\(escaped)", "/api/jobs/\(escaped)"] {
            let (status, json) = try await get(target)
            #expect(status == 200 && json["id"]?.string == Self.hostileID)
            let shown = try await BatchProcess.run("show", "--db", database, Self.hostileID, "--json")
            for member in try JSONParser.parse(Array(shown.output.utf8)).object?.members ?? []
            where member.key != "attempts" { #expect(json[member.key] == member.value, "\(member.key)") }
            #expect(json["usage"]?["completion_tokens"]?.int == 3 && json["attempts"]?.array?.count == 1)
        }
        let (_, broken) = try await get("/api/job?id=broken")
        #expect(broken["advice"]?.string?.contains("mend the line") == true)
    }

    @Test func jobsComeInPages() async throws {
        try await makeDatabase()
        let (_, all) = try await get("/api/jobs?status=&error_kind=&model=&q=&after=&limit=")
        #expect(all["jobs"]?.array?.count == 6 && all["next"]?.isNull == true)
        var ids: [String] = []
        var after = ""
        for _ in 0..<6 {
            let (_, page) = try await get("/api/jobs?limit=1&after=\(after)")
            ids += page["jobs"]?.array?.compactMap { $0["id"]?.string } ?? []
            after = page["next"]?.string?.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        }
        #expect(ids == ["j1", "j2", "j3", "j4", "broken", Self.hostileID] && after.isEmpty)
        let (_, failed) = try await get(
            "/api/jobs?status=failed&error_kind=invalid_request&model=mock%2Fcount-3%2Bstatus%3D400")
        #expect(failed["jobs"]?.array?.map { $0["id"]?.string } == ["broken"])
        let (_, found) = try await get("/api/jobs?q=j")
        #expect(found["jobs"]?.array?.count == 4)
    }

    @Test(arguments: [
        ("/api/jobs?status=done", 400, "status must be one of"), ("/api/jobs?limit=501", 400, "limit must be"),
        ("/api/jobs?limit=x", 400, "limit"), ("/api/jobs?after=x", 400, "after"),
        ("/api/jobs?colour=red", 400, "colour"),
        ("/api/jobs?error_kind=x", 400, "error_kind"), ("/api/seconds?after=-1", 400, "after"),
        ("/api/seconds?step=0", 400, "step"), ("/api/seconds?limit=99999999999999999999", 400, "limit"),
        ("/api/job", 400, "which job"), ("/api/job?id=none", 404, "no job"), ("/api/jobs/none", 404, "no job"),
        ("/api/jobs/none/stream", 404, "no job"), ("/api/job/stream?id=none", 404, "no job"),
        ("/metrics?x=1", 400, "'x'"), ("/api/status?x=1", 400, "'x'"), ("/api/stats?x=1", 400, "'x'"),
        ("/api/jobs/j1?after=1", 400, "'after'"), ("/api/job?id=j1&after=1", 400, "'after'"),
        ("/api/jobs/j1/stream?id=j1", 400, "'id'"), ("/api/jobs/j1/stream?after=-1", 400, "after must be"),
        ("/api/jobs/j1/other", 404, "nothing"), ("/api/none", 404, "nothing"), ("/favicon.ico", 404, "nothing"),
        ("/..%2F..%2Fetc%2Fpasswd", 404, "nothing"), ("//", 404, "nothing"), ("/page.js/", 404, "nothing"),
    ])
    func whatIsWrongIsSaidInASentence(target: String, status: Int, words: String) async throws {
        try await makeDatabase()
        let answer = try await get(target)
        #expect(answer.status == status)
        #expect(answer.json["error"]?.string?.contains(words) == true, "\(answer.json.text)")
        #expect(answer.json.object?.members.count == 1)
    }

    @Test func onlyCommandsArePostedAndOnlyWithTheToken() async throws {
        let told = Mutex<[ControlRequest]>([])
        let token = ControlToken()
        let routes = routes(token: token) { request in
            told.withLock { $0.append(request) }
            return ["ok": true]
        }
        let headers = [("Content-Type", "application/json"), ("X-Control-Token", token.text)]
        func post(
            _ target: String, _ headers: [(String, String)], _ body: String = #"{"command":"pause"}"#,
            _ method: String = "POST"
        ) async throws -> Int {
            await routes.answer(try Self.request(target, method, headers: headers, body: body)).status
        }
        for path in ["/", "/api/status", "/api/jobs/x", "/metrics", "/page.js"] {
            #expect(try await post(path, headers) == 405, "\(path)")
        }
        for method in ["GET", "PUT", "DELETE", "OPTIONS"] {
            #expect(try await post("/api/ctl", headers, "", method) == 405)
        }
        #expect(try await post("/api/ctl", [headers[0]]) == 403)
        #expect(try await post("/api/ctl", [headers[1]]) == 415)
        #expect(try await post("/api/ctl", headers + [("Origin", "http://evil.example")]) == 403)
        #expect(try await post("/api/ctl", headers, "{}") == 400)
        #expect(try await post("/api/ctl", headers, "[") == 400)
        #expect(try await post("/api/ctl", headers, #"{"command":"concurrency","value":0}"#) == 400)
        #expect(told.withLock { $0 }.isEmpty)
        #expect(try await post("/api/ctl", headers, #"{"command":"concurrency","value":32,"keep":true}"#) == 200)
        #expect(told.withLock { $0 } == [try ControlRequest(.concurrency(.count(32)), isKept: true)])
    }

    @Test(arguments: [(ControlFault.Kind.usage, 400), (.ended, 409)])
    func aWorkersRefusalIsHandedOn(kind: ControlFault.Kind, status: Int) async throws {
        let token = ControlToken()
        let routes = routes(token: token) { _ in throw ControlFault(kind, "because") }
        let answer = await routes.answer(
            try Self.request(
                "/api/ctl", "POST", headers: [("Content-Type", "application/json"), ("X-Control-Token", token.text)],
                body: #"{"command":"drain"}"#))
        #expect(answer.status == status)
        #expect(try Self.text(answer) == #"{"error":"because"}"#)
    }

    /// The page loads without a database, and shows it once it is there.
    @Test func aDatabaseMayBeGoneOrNewerAndComeBack() async throws {
        let routes = routes()
        /// What all who look share may be some seconds old; rows are not.
        let rows = ["/api/jobs", "/api/job?id=j1"]
        func expectGone(_ words: String, at targets: [String]) async throws {
            for target in targets {
                let (status, json) = try await get(target, routes)
                #expect(status == 503 && json["error"]?.string?.contains(words) == true, "\(target): \(json.text)")
            }
            #expect(await routes.answer(try Self.request("/")).status == 200)
        }
        func expectThere() async throws {
            for target in rows { #expect(try await get(target, routes).status == 200, "\(target)") }
        }
        try await expectGone("no such database", at: rows + ["/api/seconds", "/api/status", "/api/stats", "/metrics"])
        try await makeDatabase()
        try await expectThere()
        let (kept, newer) = (directory.path("kept.db"), directory.path("newer.db"))
        for copy in [kept, newer] { try FileManager.default.copyItem(atPath: database, toPath: copy) }
        try SQLite.write(newer, "PRAGMA user_version = 99")
        try replace(with: nil)
        try await expectGone("no such database", at: rows)
        try replace(with: newer)
        try await expectGone("has schema 99", at: rows)
        try replace(with: kept)
        try await expectThere()
        try replace(with: try directory.write(String(repeating: "something else ", count: 100), to: "other"))
        try await expectGone("no database of llm4s-batch", at: rows)
    }

    /// Another file has another job of its number.
    @Test func anAnswerEndsWhereItsFileIsReplaced() async throws {
        try await makeDatabase()
        let answer = await routes().answer(try Self.request("/api/jobs/j1/stream"))
        guard case .events(let feed) = answer.body else { throw POSIXError(.EPROTO) }
        #expect(await feed.next() != nil)
        let kept = directory.path("kept.db")
        try FileManager.default.copyItem(atPath: database, toPath: kept)
        try replace(with: nil)
        try FileManager.default.moveItem(atPath: kept, toPath: database)
        #expect(await feed.next() == nil)
        feed.close()
    }

    /// A page that was hidden goes on behind the last piece that it has; a browser whose line was cut knows better.
    @Test func aStreamGoesOnFromAnyPlace() async throws {
        try await makeDatabase()
        func first(_ target: String, _ headers: [(String, String)] = []) async throws -> String {
            let answer = await routes().answer(try Self.request(target, headers: headers))
            guard case .events(let feed) = answer.body else { return "no stream: \(answer)" }
            _ = await feed.next()
            return String(decoding: await feed.next() ?? [], as: UTF8.self)
        }
        let all = try await first("/api/jobs/j1/stream")
        let ids = all.matches(of: #/id: (\d+)\n/#).map { String($0.1) }
        try #require(ids.count > 3, "\(all)")
        for target in ["/api/jobs/j1/stream?after=", "/api/job/stream?id=j1&after="] {
            #expect(try await first(target + ids[1]).hasPrefix("id: \(ids[2])\n"))
            #expect(
                try await first(target + ids[0], [("Last-Event-ID", ids[2])]).hasPrefix("id: \(ids[3])\n"))
        }
    }

    /// Another file takes the place of the database, or none.
    private func replace(with path: String?) throws {
        for ending in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: database + ending) {
            try FileManager.default.removeItem(atPath: database + ending)
        }
        if let path { try FileManager.default.copyItem(atPath: path, toPath: database) }
    }
}
