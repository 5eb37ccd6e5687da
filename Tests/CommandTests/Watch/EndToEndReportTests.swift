import Foundation
import Testing

/// `report` as its user has it.
@Suite(.serialized)
struct EndToEndReportTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    /// One file, with all of its figures, and nothing of the jobs' as markup.
    @Test func aReportStandsAlone() async throws {
        let id = "</script><script>alert(1)</script>"
        let file = try directory.writeJobs(
            [
                #"{"id":"\#(id)","model":"mock/count-3+status=400","prompt":"secret words"}"#,
                Answers.countingJob("a", to: 30),
            ])
        #expect(try await BatchProcess.run("run", file, "--db", database).status == 1)
        let path = directory.path("report.html")
        let ended = try await BatchProcess.run("report", "--db", database, "-o", path)
        #expect(ended.status == 0 && ended.output.isEmpty, "\(ended.error)")
        let html = try String(contentsOfFile: path, encoding: .utf8)
        #expect(!html.contains(id) && !html.contains("alert(1)</script>") && !html.contains("secret words"))
        #expect(!html.contains("src=\"") && !html.contains("<link rel=\"stylesheet\""))
        let start = try #require(html.firstRange(of: #"id="report-data">"#)).upperBound
        let end = try #require(html[start...].firstRange(of: "</script>")).lowerBound
        let data = try #require(
            try JSONSerialization.jsonObject(with: Data(html[start..<end].utf8)) as? [String: Any])
        #expect((data["failed"] as? [[String: Any]])?.map { $0["id"] as? String } == [id])
        #expect((data["slowest"] as? [[String: Any]])?.map { $0["id"] as? String } == ["a"])
        #expect(data["failed_total"] as? Int == 1 && data["slowest_total"] as? Int == 1)
        #expect(data["runs_total"] as? Int == 1)
        let policy = try #require(html.firstMatch(of: #/script-src 'sha256-([A-Za-z0-9+/]{43}=)'/#)).1
        let script = try #require(html.firstMatch(of: #/<script>([\s\S]*?)<\/script>\n<\/body>/#)).1
        let own = try directory.write(String(script), to: "page.js")
        let sum = try await ChildProcess.run(
            "python3", "-c",
            """
            import base64, hashlib, sys
            print(base64.b64encode(hashlib.sha256(open(sys.argv[1], "rb").read()).digest()).decode(), end="")
            """, own)
        #expect(String(decoding: sum.output, as: UTF8.self) == policy)
        let runs = try #require(data["runs"] as? [[String: Any]])
        #expect(runs.count == 1 && ((runs[0]["seconds"] as? [String: Any])?["seconds"] as? [Any])?.isEmpty == false)
        #expect(((data["status"] as? [String: Any])?["jobs"] as? [String: Any])?["total"] as? Int == 2)
        #expect((data["stats"] as? [String: Any])?["models"] as? [Any] != nil)
        // What stood there before stays where it cannot be written.
        let kept = try await BatchProcess.run("report", "--db", database, "-o", database)
        #expect(kept.status == 2 && kept.error.contains("is the database"), "\(kept.error)")
    }
}
