import Foundation
import BatchEngine
import BatchStore
import LLMStreaming
import Testing

@testable import llm4s_batch

/// What is told of the endpoints of a provider.
@Suite struct EndpointReportTests {
    private static let one = "http://10.0.0.1:8000/v1"
    private static let two = "http://10.0.0.2:8000/v1"

    /// An answer of the first endpoint, one that went on from the first at the second, and a failure of the second.
    private static let rows = """
        INSERT INTO runs VALUES (1, 1790000000000, 1790000009000, 'finished', 1, NULL, 'run', '{}', '1', 'host', 7, NULL);
        INSERT INTO jobs (job_id, custom_id, source, line, provider, model, request_sha256, status, attempts, error_kind, error,
            created_ms, updated_ms) VALUES
            (1, 'j1', 'a.jsonl', 1, 'mock', 'm', 'aa', 'completed', 1, NULL, NULL, 1790000000000, 1790000000000),
            (2, 'j2', 'a.jsonl', 2, 'mock', 'm', 'bb', 'completed', 2, NULL, NULL, 1790000000000, 1790000000000),
            (3, 'j3', 'a.jsonl', 3, 'mock', 'm', 'cc', 'failed', 1, 'server', 'HTTP 500', 1790000000000, 1790000000000);
        INSERT INTO requests SELECT job_id, NULL, '{"prompt":"Say it."}', NULL FROM jobs;
        INSERT INTO attempts (attempt_id, job_id, number, counts, run_id, endpoint, request_sha256, resumed_from,
            resume_strategy, prefix_chars, started_ms, first_chunk_us, duration_us, status, http_status, error_kind, error,
            chunk_count, prompt_tokens, completion_tokens, usage_source) VALUES
            (1, 1, 1, 1, 1, '\(one)', 'aa', NULL, NULL, NULL, 1790000000000, 120000, 1120000, 'completed', 200, NULL, NULL, 9,
                1000, 50, 'provider'),
            (2, 2, 1, 1, 1, '\(one)', 'bb', NULL, NULL, NULL, 1790000000000, 240000, 500000, 'interrupted', 200, 'cut', 'cut',
                3, 1000, 10, 'mixed'),
            (3, 2, 2, 1, 1, '\(two)', 'bb', 2, 'prefill', 3, 1790000001000, 80000, 580000, 'completed', 200, NULL, NULL, 3,
                1003, 20, 'provider'),
            (4, 3, 1, 1, 1, '\(two)', 'cc', NULL, NULL, NULL, 1790000000000, NULL, 1000, 'failed', 500, 'server', 'HTTP 500',
                0, NULL, NULL, 'none');
        INSERT INTO completions (job_id, choice, attempt_id, created_ms, finish_reason, prompt_tokens, completion_tokens,
            cached_tokens, usage_source, billed_prompt_tokens, billed_completion_tokens, ttft_us, duration_us, segments, seams,
            usage, content, message) VALUES
            (1, 0, 1, 1790000001120, 'stop', 1000, 50, 600, 'provider', 1000, 50, 120000, 1120000, 1,
                '[{"attempt_id":1,"choice":0,"start":0,"kept":3,"restored":""}]',
                '{"prompt_tokens":1000,"completion_tokens":50,"prompt_tokens_details":{"cached_tokens":600}}', 'one', '{}'),
            (2, 0, 3, 1790000001580, 'stop', 1000, 30, NULL, 'mixed', 2003, 30, 240000, 1080000, 2,
                '[{"attempt_id":2,"choice":0,"start":0,"kept":3,"restored":"","endpoint":"\(one)"},
                {"attempt_id":3,"choice":0,"start":0,"kept":3,"restored":"","endpoint":"\(two)"}]',
                '{"prompt_tokens":1003,"completion_tokens":20}', 'abcdef', '{}');
        """

    /// The database, with more rows behind those.
    private func database(_ script: String = "") async throws -> (TemporaryDirectory, String) {
        let directory = try TemporaryDirectory()
        let path = directory.path("a.db")
        try await BatchDatabase.open(path).close()
        try SQLite.write(path, Self.rows + script)
        return (directory, path)
    }

    private func statistics(_ path: String, _ costs: PriceTable? = nil) async throws -> BatchStatistics {
        let reader = try await BatchReader.open(path)
        var statistics = try await reader.statistics()
        if let costs { statistics.tell(try await reader.costs(by: costs)) }
        await reader.close()
        return statistics
    }

    @Test(arguments: [
        (
            80,
            """
            mock · 2 endpoints
              10.0.0.1:8000 · 2 attempts, 1 answer, 1 failed
                tokens      2,000 in, 60 out
                cached      600 of 1,000 input tokens of answers (60 %)
                first token p50 120.0 ms, p99 240.0 ms; then 50.0 tokens/s (p50)
              10.0.0.2:8000 · 2 attempts, 1 answer, 1 failed
                tokens      1,003 in, 20 out
                first token p50 80.0 ms, p99 80.0 ms; then 40.0 tokens/s (p50)
            """
        ),
        (
            60,
            """
            mock · 2 endpoints
              10.0.0.1:8000 · 2 attempts, 1 answer, 1 failed
                tokens      2,000 in, 60 out
                cached      600 of 1,000 input tokens of answers (60 %)
                first token p50 120.0 ms, p99 240.0 ms; then 50.0
                            tokens/s (p50)
              10.0.0.2:8000 · 2 attempts, 1 answer, 1 failed
                tokens      1,003 in, 20 out
                first token p50 80.0 ms, p99 80.0 ms; then 40.0 tokens/s
                            (p50)
            """
        ),
    ])
    func statsHasATableOfThem(width: Int, table: String) async throws {
        let (directory, path) = try await database()
        defer { withExtendedLifetime(directory) {} }
        let text = StatsReport(statistics: try await statistics(path), width: width).text
        let sections = text.components(separatedBy: "\n\n")
        #expect(sections.contains(table), "\(text)")
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= width }, "\(text)")
    }

    @Test func ofAProviderWithOneThereIsNoTable() async throws {
        let (directory, path) = try await database("UPDATE attempts SET endpoint = '\(Self.one)';")
        defer { withExtendedLifetime(directory) {} }
        let report = StatsReport(statistics: try await statistics(path), width: 80)
        #expect(!report.text.contains("10.0.0.1"), "\(report.text)")
        #expect(report.json["by_endpoint"]?.array?.map { $0["tries"] } == [4])
    }

    @Test func itsJSONHasThemAll() async throws {
        let (directory, path) = try await database()
        defer { withExtendedLifetime(directory) {} }
        let json = StatsReport(statistics: try await statistics(path)).json
        #expect(
            json["by_endpoint"] == [
                [
                    "provider": "mock", "endpoint": .string(Self.one), "tries": 2, "answers": 1, "failures": 1,
                    "prompt_tokens": 2000, "completion_tokens": 60, "answered_prompt_tokens": 1000,
                    "cached_tokens": 600, "cached_share": .double(0.6),
                    "ttft_us": ["count": 2, "p50": .double(120_000), "p90": .double(240_000), "p99": .double(240_000)],
                    "tokens_per_second": ["count": 1, "p50": .double(50), "p90": .double(50), "p99": .double(50)],
                ],
                [
                    "provider": "mock", "endpoint": .string(Self.two), "tries": 2, "answers": 1, "failures": 1,
                    "prompt_tokens": 1003, "completion_tokens": 20, "answered_prompt_tokens": 1000,
                    "cached_tokens": nil, "cached_share": nil,
                    "ttft_us": ["count": 1, "p50": .double(80_000), "p90": .double(80_000), "p99": .double(80_000)],
                    "tokens_per_second": ["count": 1, "p50": .double(40), "p90": .double(40), "p99": .double(40)],
                ],
            ], "\(json["by_endpoint"]?.text ?? "")")
        #expect(json["usage"]?.array?.first?["cached_share"] == .double(0.3))
        #expect(json["usage"]?.array?.first?["cache_saving_usd"] == .null)
    }

    @Test func whatTheCacheSavedIsToldWhereThereIsAPrice() async throws {
        let (directory, path) = try await database()
        defer { withExtendedLifetime(directory) {} }
        let table = try PriceTable(
            JSONParser.parse(
                """
                {"mock/m": {"input_cost_per_token": 0.001, "output_cost_per_token": 0.002,
                "cache_read_input_token_cost": 0.0001}}
                """))
        let priced = StatsReport(statistics: try await statistics(path, table), width: 120)
        #expect(priced.text.contains("600 from a cache (30 %), which saved $0.54"), "\(priced.text)")
        let saving = try #require(priced.json["usage"]?.array?.first?["cache_saving_usd"]?.double)
        #expect(abs(saving - 0.54) < 1e-9)
        let unpriced = StatsReport(statistics: try await statistics(path), width: 120).text
        #expect(unpriced.contains("600 from a cache (30 %)") && !unpriced.contains("saved $"), "\(unpriced)")
    }

    @Test(arguments: [80, 60])
    func showTellsWhereAnAnswerWentFromOneToAnother(width: Int) async throws {
        let (directory, path) = try await database()
        defer { withExtendedLifetime(directory) {} }
        let report = try await report("j2", path, width: width)
        let lines = report.text.split(separator: "\n").map(String.init)
        #expect(lines.contains("attempt 1 · interrupted · HTTP 200 · 10.0.0.1:8000"), "\(report.text)")
        #expect(lines.contains("attempt 2 · completed · HTTP 200 · 10.0.0.2:8000"), "\(report.text)")
        #expect(
            report.text.contains(
                """
                  3 characters of attempt 1
                  3 characters of attempt 2, from 10.0.0.1:8000 to
                """), "\(report.text)")
        #expect(lines.last == "abc⟦attempt 2 from 10.0.0.1:8000 to 10.0.0.2:8000⟧def")
        #expect(lines.dropLast().allSatisfy { $0.count <= width }, "\(report.text)")
        let attempts = try #require(report.json["attempts"]?.array)
        #expect(attempts.map { $0["endpoint"] } == [.string(Self.one), .string(Self.two)])
        #expect(report.watched["attempts"]?.array?.map { $0["endpoint"] } == attempts.map { $0["endpoint"] })
        let seams = report.json["answers"]?.array?.first?["seams"]?.array
        #expect(seams?.map { $0["endpoint"] } == [.string(Self.one), .string(Self.two)])
    }

    /// Rows of earlier versions say nothing, and of an answer that stayed where it was there is nothing to say.
    @Test func showTellsNothingElse() async throws {
        for (script, words) in [
            ("UPDATE attempts SET endpoint = NULL", "HTTP 200\n"),
            ("UPDATE attempts SET endpoint = '\(Self.one)'", "HTTP 200 · 10.0.0.1:8000\n"),
        ] {
            let unsaid = "UPDATE completions SET seams = json_remove(seams, '$[0].endpoint', '$[1].endpoint')"
            let (directory, path) = try await database("\(script); \(unsaid);")
            defer { withExtendedLifetime(directory) {} }
            let report = try await report("j2", path, width: 80)
            #expect(report.text.contains("attempt 2 · completed · \(words)"), "\(report.text)")
            #expect(report.text.contains("  3 characters of attempt 2\n"), "\(report.text)")
            #expect(report.text.hasSuffix("abc⟦attempt 2⟧def"), "\(report.text)")
        }
    }

    private func report(_ id: String, _ path: String, width: Int?) async throws -> JobReport {
        let reader = try await BatchReader.open(path)
        let job = try #require(try await reader.job(customID: id))
        let report = JobReport(
            job: job, request: try await reader.request(ofJob: job.id) ?? [],
            attempts: try await reader.attempts(ofJob: job.id),
            completions: try await reader.completions(ofJob: job.id),
            now: 1_790_000_010_000, width: width)
        await reader.close()
        return report
    }

    @Test(
        arguments: [
            (["https://api.openai.com/v1"], ["api.openai.com"]),
            (["http://a:1/v1", "http://b:1/v1"], ["a:1", "b:1"]),
            (["http://a:1/x", "http://a:1/y"], ["a:1/x", "a:1/y"]),
            (["http://a:1/x", "https://a:1/x"], ["http://a:1/x", "https://a:1/x"]),
            (["https://a/v1#K", "https://a/v1#L"], ["a#K", "a#L"]),
            (["odd", ""], ["odd", ""]),
        ] as [([String], [String])])
    func anEndpointIsCalledByAsMuchAsTellsItApart(endpoints: [String], names: [String]) {
        let called = EndpointNames(endpoints)
        #expect(endpoints.map { called[$0] } == names)
        #expect(called["http://other:9/v1"] == "http://other:9/v1")
    }
}
