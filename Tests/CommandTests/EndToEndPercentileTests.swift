import Foundation
import LLMStreaming
import Testing

/// One definition of percentiles: `stats`, the view `latency` and the type that both `bench` and `stats` use.
struct EndToEndPercentileTests {
    @Test func statsAndTheViewAgree() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs((1...7).map { #"{"model":"mock/words=3+ttft=\#($0 * 3)ms","prompt":"x"}"# })
        let ended = try await BatchProcess.run("run", file, directory: directory.url)
        #expect(ended.status == 0, "\(ended.error)")
        let database = directory.path("jobs.db")
        try SQLite.write(database, "UPDATE jobs SET model = 'm'")
        let stats = try await BatchProcess.run("stats", "--json", "--db", database)
        let report = try #require(JSONParser.parse(Array(stats.output.utf8)).object)
        let model = try #require(report["models"]?.array?.first)
        for column in ["ttft_us", "duration_us"] {
            let values = try SQLite.rows(database, "SELECT \(column) FROM completions").compactMap { Double($0) }
            #expect(values.count == 7)
            for percent in [50, 90, 99] {
                let expected = try #require(Percentile(percent).value(of: values))
                #expect(model[column]?["p\(percent)"]?.double == expected, "stats: \(column) p\(percent)")
                let viewed = try SQLite.rows(database, "SELECT \(column)_p\(percent) FROM latency")
                #expect(viewed.compactMap { Double($0) } == [expected], "latency: \(column) p\(percent)")
            }
        }
    }
}
