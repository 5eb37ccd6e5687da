import MockProvider
import Testing

/// What the page, a monitor and the log of a run have of the endpoints of a provider.
@Suite(.serialized)
struct EndToEndEndpointTests {
    @Test func eachEndpointIsShownAndMeasuredWhileARunWorks() async throws {
        let second = try await MockServer.start()
        second.hold(afterBodyBytes: 1)
        let run = try await ControlledRunProcess(
            (1...6).map { Answers.countingJob("j\($0)", to: 200) },
            ["--base-url", second.baseURL, "--concurrency", "6"], heldAfter: 1)
        let urls = [run.server.baseURL, second.baseURL]
        try await run.wait(
            until: "SELECT sum(value ->> 'running') FROM runs, json_each(endpoints)", is: 6)
        let page = try await ServedPage(run.database)
        let status = try await page.get("/api/status").json
        #expect(status["endpoints_of"] as? [String] == ["mock"])
        let endpoints = try #require(status["endpoints"] as? [[String: Any]])
        #expect(endpoints.map { $0["endpoint"] as? String } == urls)
        #expect(endpoints.map { $0["running"] as? Int } == [3, 3])
        let text = try await BatchProcess.run("status", "--db", run.database).output
        let metrics = try await page.get("/metrics").body
        for url in urls {
            #expect(text.contains("\(url): 3 of 3 streams"), "\(text)")
            for (name, value) in [("streams", "3"), ("width", "3"), ("silent_streams", "")] {
                let line = "\nllm4s_batch_endpoint_\(name){provider=\"mock\",endpoint=\"\(url)\"} \(value)"
                #expect(metrics.contains(line), "\(metrics)")
            }
        }
        run.server.hold(afterBodyBytes: nil)
        second.hold(afterBodyBytes: nil)
        let ended = await run.ended()
        #expect(ended.status == 0, "\(ended.error)")
        await second.stop()
        // A page of its own has read nothing yet.
        let after = try await ServedPage(run.database)
        #expect(try await after.get("/api/status").json["endpoints_of"] as? [String] == [])
        let idle = try await after.get("/metrics").body
        for (url, name) in urls.flatMap({ url in ["streams", "silent_streams", "width"].map { (url, $0) } }) {
            let line = "\nllm4s_batch_endpoint_\(name){provider=\"mock\",endpoint=\"\(url)\"} 0\n"
            #expect(idle.contains(line), "\(idle)")
        }
    }

    /// A message names the endpoint only where there are several; an event always does.
    @Test func anAttemptThatFailedIsToldWithItsEndpoint() async throws {
        let servers = [try await MockServer.start(), try await MockServer.start()]
        let directory = try TemporaryDirectory()
        let names = "(\(servers[0].baseURL)|\(servers[1].baseURL))"
        let pool = servers.flatMap { ["--base-url", $0.baseURL] }
        for (urls, progress, words) in [
            (pool, "plain", #"times=1 at \#(names): server"#),
            (pool, "json", #""event":"job_waits".*"endpoint":"\#(names)""#),
            (Array(pool.prefix(2)), "plain", "times=1: server"),
            (Array(pool.prefix(2)), "json", #""event":"job_waits".*"endpoint":"\#(servers[0].baseURL)""#),
        ] {
            // The mock fails what it has not seen.
            let id = "\(urls.count)\(progress)"
            let file = try directory.writeJobs([Answers.countingJob(id, to: 3, options: "+status=500+times=1")])
            let options = ["--db", directory.path(id + ".db"), "--log-level", "debug"]
            let ended = try await BatchProcess(["run", file, "--progress", progress] + options + urls).ended()
            #expect(ended.status == 0, "\(ended.error)")
            let lines = ended.error.replacing("\\/", with: "/").split(separator: "\n")
            #expect(try lines.contains { try Regex(words).firstMatch(in: $0) != nil }, "\(words)\n\(ended.error)")
        }
        for server in servers { await server.stop() }
    }
}
