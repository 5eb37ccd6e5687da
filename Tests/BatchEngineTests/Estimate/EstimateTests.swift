import Foundation
import LLMStreaming
import Testing

@testable import BatchEngine

/// What is guessed of an input before anything is sent.
struct EstimateTests {
    private func summary(_ lines: [String]) throws -> InputSummary {
        let file = FileManager.default.temporaryDirectory.appending(path: "estimate-\(UUID().uuidString).jsonl")
        try Data(lines.joined(separator: "\n").utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        var reading = InputReading(parser: JobLineParser(defaults: try InputDefaults(provider: "mock")))
        reading.isEstimating = true
        let summary = try InputValidator([InputSource(argument: file.path)], reading).validate()
        #expect(summary.report.isEmpty, "\(summary.report)")
        return summary
    }

    private func work(_ lines: String...) throws -> WorkEstimate {
        let work = try summary(lines).work
        return try #require(work.values.first)
    }

    /// The middle of the range of the input's tokens.
    private func input(_ line: String) throws -> Double {
        let tokens = try work(line).inputTokens
        return (tokens.lowerBound + tokens.upperBound) / 2
    }

    @Test(arguments: [("abcd", 100.0), ("я", 50), ("日", 100), ("🎉", 200)])
    func aTokenIsAboutFourLettersTwoCyrillicOnesOrOneIdeograph(unit: String, tokens: Double) throws {
        let prompt = String(repeating: unit, count: 100)
        #expect(abs(try input(#"{"model":"mock/x","prompt":"\#(prompt)"}"#) - tokens) < 1)
    }

    @Test func whatTheModelReadsCountsAndNothingElse() throws {
        let text = String(repeating: "abcd", count: 100)
        let plain = try input(#"{"model":"mock/x","prompt":"\#(text)"}"#)
        #expect(
            try input(
                #"{"model":"mock/x","prompt":"\#(text)","metadata":{"note":"\#(text)"},"id":"\#(text.prefix(200))"}"#)
                == plain)
        let tool = #"{"type":"function","function":{"name":"f","description":"\#(text)"}}"#
        #expect(try input(#"{"model":"mock/x","prompt":"\#(text)","options":{"tools":[\#(tool)]}}"#) > 2 * plain)
        let image =
            #"{"type":"image_url","image_url":{"url":"data:image/png;base64,\#(String(repeating: "QUJD", count: 100_000))"}}"#
        #expect(try input(#"{"model":"mock/x","messages":[{"role":"user","content":[\#(image)]}]}"#) < 1100)
        let body = #"{"model":"x","messages":[{"role":"user","content":"\#(text)"}]}"#
        #expect(try input(#"{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":\#(body)}"#) > plain)
        #expect(
            try input(
                #"{"custom_id":"a","params":{"model":"x","max_tokens":5,"system":"\#(text)","messages":[{"role":"user","content":"hi"}]}}"#
            ) > plain)
    }

    @Test func theOutputIsBoundedByTheRequestsAndAssumedWhereTheySetNoBound() throws {
        let work = try work(
            #"{"id":"a","model":"mock/x","prompt":"hi","options":{"max_tokens":100,"n":3}}"#,
            #"{"id":"b","model":"mock/x","prompt":"hi"}"#,
            #"{"custom_id":"c","params":{"model":"x","max_tokens":7,"messages":[{"role":"user","content":"hi"}]}}"#)
        #expect(work.requests == 3 && work.unbounded == 1)
        #expect(work.mostOutput == 300 + 4096 + 7)
    }

    @Test func theCostGoesFromEmptyAnswersToTheLongest() throws {
        let work = try work(
            #"{"model":"mock/x","prompt":"\#(String(repeating: "abcd", count: 1000))","options":{"max_tokens":10}}"#)
        let cost = try #require(work.cost(at: ModelPrice(input: 1, output: 100)))
        #expect(abs(cost.lowerBound - 700) < 2 && abs(cost.upperBound - 2300) < 2, "\(cost)")
        // What a cache may hold makes the least less.
        let cached = try #require(work.cost(at: ModelPrice(input: 1, output: 100, cachedInput: 0.1)))
        #expect(cached.lowerBound < 71)
    }

    /// Half of the price where the tier is half as dear, be it the line's own or the run's; a word without a price has none.
    @Test func theCostIsThatOfTheTierThatIsAskedFor() throws {
        let table = try PriceTable(
            JSONParser.parse(
                Array(
                    """
                    {"mock/x":{"input_cost_per_token":1,"output_cost_per_token":100,"input_cost_per_token_flex":0.5,
                     "output_cost_per_token_flex":50}}
                    """.utf8)))
        let price = try #require(table.price(of: ModelName(provider: "mock", model: "x")))
        func line(_ tier: String) -> String {
            let prompt = String(repeating: "abcd", count: 1000)
            return #"{"model":"mock/x","prompt":"\#(prompt)","options":{"max_tokens":10\#(tier)}}"#
        }
        let plain = try work(line(""))
        let standard = try #require(plain.cost(at: price)?.upperBound)
        #expect(plain.cost(at: price, serviceTier: "flex")?.upperBound == standard / 2)
        let flex = try work(line(#","service_tier":"flex""#))
        #expect(flex.cost(at: price)?.upperBound == standard / 2)
        #expect(flex.cost(at: price, serviceTier: "priority")?.upperBound == standard / 2)
        var both = plain
        both.add(flex)
        #expect(both.requests == 2 && abs((both.cost(at: price)?.upperBound ?? 0) - standard * 1.5) < 0.01)
        #expect(try work(line(#","service_tier":"scale""#)).cost(at: price) == nil)
    }

    @Test func theTimeIsThatOfTheNarrowestBound() throws {
        let line =
            #","model":"mock/x","prompt":"\#(String(repeating: "abcd", count: 100))","options":{"max_tokens":100}}"#
        let summary = try summary((1...60).map { #"{"id":"\#($0)"\#(line)"# })
        let work = try #require(summary.work.values.first)
        let free = TimeEstimate(work, limits: ProviderLimits(), concurrency: 6)
        #expect(free.least == 0 && free.most == 20 && free.bound == .streams(6))
        let requests = TimeEstimate(work, limits: ProviderLimits(requestsPerMinute: 30), concurrency: 6)
        #expect(requests.least == 120 && requests.most == 120 && requests.bound == .requestsPerMinute(30))
        let tokens = TimeEstimate(work, limits: ProviderLimits(tokensPerMinute: 1000), concurrency: 6)
        #expect(tokens.bound == .tokensPerMinute(1000) && abs(tokens.least - 252) < 2 && abs(tokens.most - 828) < 2)
        let narrow = TimeEstimate(work, limits: ProviderLimits(concurrency: 1), concurrency: 6)
        #expect(narrow.most == 120 && narrow.bound == .streams(1))
    }

    @Test func noEstimateIsMadeWhereNoneIsAskedFor() throws {
        var reading = InputReading(parser: JobLineParser(defaults: try InputDefaults(provider: "mock")))
        reading.isEstimating = false
        let file = FileManager.default.temporaryDirectory.appending(path: "estimate-\(UUID().uuidString).jsonl")
        try Data(#"{"model":"mock/x","prompt":"hi"}"#.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(try InputValidator([InputSource(argument: file.path)], reading).validate().work.isEmpty)
    }
}
