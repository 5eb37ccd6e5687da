import LLMStreaming
import LoadTesting
import Testing

/// Definitions against records whose six times are given.
struct LevelFiguresTests {
    private let level = Sample.level()

    private func expect(_ value: Double?, _ expected: Double, sourceLocation: SourceLocation = #_sourceLocation) {
        let difference = value.map { abs($0 - expected) } ?? .infinity
        #expect(difference < 1e-9, "\(String(describing: value)) is not \(expected)", sourceLocation: sourceLocation)
    }

    @Test func timeToFirstTokenIsFromSentAndBesideItFromScheduled() {
        expect(level.timeToFirstToken.mean, (0.2 + 0.4 + 0.2) / 3)
        expect(level.timeToFirstTokenFromSchedule.mean, (0.2 + 0.5 + 0.2) / 3)
        expect(level.timeToFirstToken.maximum, 0.4)
    }

    @Test func timePerOutputTokenLeavesTheFirstOut() {
        #expect(level.timePerOutputToken.count == 2)
        expect(level.timePerOutputToken.mean, (0.3 / 4 + 0.2 / 2) / 2)
    }

    @Test func everyGapBetweenChunksCounts() {
        #expect(level.gaps.count == 3)
        expect(level.gaps.sum, 0.1 + 0.2 + 0.2)
    }

    @Test func endToEndIsFromSentAndFromScheduled() {
        expect(level.endToEnd.sum, 0.6 + 0.5 + 0.5)
        expect(level.endToEndFromSchedule.sum, 0.6 + 0.6 + 0.5)
    }

    @Test func ratesAreOfCompletedRequestsOverTheWholeTime() {
        expect(level.duration, 1.1)
        #expect(level.completed == 3 && level.failed == 1)
        expect(level.requestsPerSecond, 3 / 1.1)
        expect(level.outputTokensPerSecond, 9 / 1.1)
        expect(level.totalTokensPerSecond, 39 / 1.1)
        #expect(level.errors.map(\.kind) == ["cut"])
        #expect(level.tokenSources == [.usage, .chunks])
        #expect(level.maximumConcurrency == 2)
    }

    @Test func goodputDividesByAllRequestsFailedOnesIncluded() {
        #expect(level.good == 1)
        expect(level.goodShare, 0.25)
        expect(level.goodput, 1 / 1.1)
        #expect(Sample.level(slo: nil).goodput == nil)
        // A failed request is never good, however quick.
        #expect(Sample.level(slo: ServiceLevel(bounds: [.e2el: 10])).good == 3)
    }

    @Test func theSteadyWindowIsNeitherRampNorDrain() {
        expect(level.window?.start, 0.1)
        expect(level.window?.end, 0.7)
        expect(level.steadyRequestsPerSecond, 2 / 0.6)
        expect(level.steadyOutputTokensPerSecond, 6 / 0.6)
    }

    @Test func anOpenLoopIsSteadyOnceItsFirstRequestHasEnded() {
        let open = Sample.level(concurrency: nil, rate: 4)
        expect(open.window?.start, 0.6)
        expect(open.window?.end, 0.7)
        // A cap beside the rate need never be reached.
        #expect(Sample.level(concurrency: 200, rate: 4).window == open.window)
    }

    @Test func aLevelThatNeverReachedItsConcurrencyWasNeverSteady() {
        #expect(Sample.level(concurrency: 9).window == nil)
        #expect(Sample.level(Array(Sample.records.prefix(2))).window == nil)
        #expect(Sample.level([]).window == nil)
    }

    @Test func aLevelWithoutRequestsHasNoFigures() {
        let empty = Sample.level([])
        #expect(empty.duration == 0 && empty.requestsPerSecond == 0 && empty.goodShare == 0)
        #expect(empty.timeToFirstToken.mean == nil)
        #expect(empty.clientLimits.isEmpty)
    }

    @Test func theClientIsBlamedForCPUAndForLateRequests() {
        let punctual = Sample.records.map { record in
            var record = record
            record.times.scheduled = record.times.sent
            return record
        }
        #expect(Sample.level(punctual).clientLimits.isEmpty)
        #expect(Sample.level(punctual, cost: Sample.cost(cpu: 0.81)).clientLimits.count == 1)
        #expect(Sample.level(punctual, cost: Sample.cost(cpu: 0.79)).clientLimits.isEmpty)
        // A tenth of a second late, with a first token after a fifth.
        #expect(level.clientLimits.count == 1)
    }

    @Test func jsonHasTheNamesOfVLLM() throws {
        let json = level.json(Sample.test)
        let names = [
            "date", "backend", "model_id", "tokenizer_id", "num_prompts", "request_rate", "burstiness",
            "max_concurrency", "duration", "completed", "failed", "total_input_tokens", "total_output_tokens",
            "request_throughput", "request_goodput", "output_throughput", "total_token_throughput", "input_lens",
            "output_lens", "ttfts", "itls", "errors", "max_output_tokens_per_s", "max_concurrent_requests",
            "start_times", "queue_times", "latencies",
        ]
        for name in names { #expect(json[name] != nil, "\(name)") }
        for measure in ["ttft", "tpot", "itl", "e2el"] {
            for statistic in ["mean", "median", "std", "p50", "p90", "p95", "p99"] {
                #expect(json["\(statistic)_\(measure)_ms"]?.double != nil, "\(statistic)_\(measure)_ms")
            }
        }
        expect(json["mean_ttft_ms"]?.double, 800.0 / 3)
        expect(json["ttfts"]?.array?[1].double, 0.4)
        expect(json["ttfbs"]?.array?[1].double, 0.3)
        expect(json["itls"]?.array?[0].array?[1].double, 0.2)
        #expect(json["request_rate"]?.string == "inf")
        #expect(json["completed"]?.int == 3 && json["num_prompts"]?.int == 4)
        #expect(try JSONParser.parse(json.bytes) == json)
    }
}
