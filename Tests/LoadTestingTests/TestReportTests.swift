import Foundation
import LLMStreaming
import LoadTesting
import Testing

struct TestReportTests {
    private static let quick = Sample.records.map { record in
        var record = record
        record.times.scheduled = record.times.sent
        return record
    }

    @Test func theFirstLineSaysWhenTheClientWasMeasured() throws {
        let blamed = TestReport(Sample.test, levels: [Sample.level()]).text
        #expect(try #require(blamed.split(separator: "\n").first).hasPrefix("this measured the client: requests were"))
        let fair = TestReport(Sample.test, levels: [Sample.level(Self.quick)])
        #expect(fair.warning == nil)
        #expect(fair.text.hasPrefix("http://127.0.0.1:1/v1"))
    }

    @Test func nothingOfATextIsMarkupOnThePageEvenBehindACharacterThatJoinsIt() {
        var test = Sample.test
        test.model = "a\u{600}<script>&\"'"
        let html = Page(TestReport(test, levels: [Sample.level()])).html
        #expect(!String(decoding: Array(html.utf8).filter { $0 < 0x80 }, as: UTF8.self).contains("<script"))
        #expect(html.contains("&lt;script&gt;&amp;&quot;&#39;"))
    }

    @Test func everyFigureStandsInTheTableAndItsDefinitionBelow() {
        let text = TestReport(Sample.test, levels: [Sample.level(), Sample.level(concurrency: 1)]).text
        for words in [
            "2 open at once: 4 requests, 1 errors", "1 open at once", "2.73 requests/s", "8.18 output tokens/s",
            "steady state 3.33 requests/s", "goodput 0.91 requests/s: 1 of 4 requests (25 %)", "error cut: 1", "TTFT ",
            "TTFT from schedule", "TPOT", "ITL", "E2E", "E2E from schedule", "% of a core", "us a chunk", "KB a stream",
            "loop lag p95", "dispatch delay p95", "chunks of content where it reports none",
        ] { #expect(text.contains(words), "\(words) is not in\n\(text)") }
        for definition in TestReport.definitions { #expect(text.contains(definition)) }
    }

    @Test func thePageStandsAloneAndIsWellFormed() throws {
        let page = Page(TestReport(Sample.test, levels: [Sample.level(), Sample.level(concurrency: 1)])).html
        #expect(!page.contains("<script") && !page.contains("src=") && !page.contains("url("))
        #expect(!page.contains("http://www") && !page.contains("https://"))
        #expect(page.contains("lab/&lt;m&gt;") && !page.contains("<m>"))
        // Six plots a level: TTFT, ITL and throughput over time and their spreads; and five over the levels.
        #expect(page.components(separatedBy: "<svg ").count == 18)
        #expect(page.contains("this measured the client"))
        let parser = XMLWitness(page)
        #expect(parser.fault == nil)
    }

    @Test func theServiceLevelStandsInTheReport() throws {
        let report = TestReport(Sample.test, levels: [Sample.level()])
        #expect(report.text.contains("\nSLO: ttft at most 300 ms, tpot at most 80 ms\n"))
        #expect(Page(report).html.contains("<p>SLO: ttft at most 300 ms, tpot at most 80 ms</p>"))
        #expect(Sample.level().json(Sample.test)["slo"] == ["ttft_ms": .double(300), "tpot_ms": .double(80)])
        let without = TestReport(Sample.test, levels: [Sample.level(slo: nil)])
        #expect(!without.text.contains("SLO: ") && !Page(without).html.contains("SLO: "))
        #expect(ServiceLevel(bounds: [.e2el: 2.5, .tpot: 0.0305]).text == "tpot at most 30.5 ms, e2el at most 2.50 s")
    }

    @Test func theCurveHasARowForEachLevel() throws {
        let levels = [Sample.level(concurrency: nil, rate: 1), Sample.level(concurrency: nil, rate: 2.5)]
        let text = TestReport(Sample.test, levels: levels).text
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let start = try #require(lines.firstIndex(of: "all levels:"))
        let rows = lines[(start + 1)...].prefix(4).map { $0.split(separator: " ").map(String.init) }
        #expect(rows[0] == ["rate", "errors", "requests", "tokens", "TTFT", "TTFT", "TPOT", "E2E", "good"])
        #expect(rows[2] == ["1", "1", "2.73", "8.18", "200", "400", "75.0", "600", "25"], "\(rows[2])")
        #expect(rows[3].first == "2.50")
        // Fits a terminal, as the other figures do.
        #expect(lines[(start + 1)...].prefix(4).allSatisfy { $0.count <= 80 })
        #expect(lines.filter { $0.hasPrefix("  TTFT ") || $0.hasPrefix("  ms ") }.allSatisfy { $0.count <= 80 })
        #expect(!TestReport(Sample.test, levels: [levels[0]]).text.contains("all levels:"))
    }

    @Test func thePageDrawsTheCurveOverLoadsThatDiffer() {
        func plots(_ levels: [LevelFigures]) -> Int {
            let html = Page(TestReport(Sample.test, levels: levels)).html
            #expect(XMLWitness(html).fault == nil)
            return html.components(separatedBy: " by load").count / 2
        }
        let rates = [64, 1, 8].map { Sample.level(concurrency: 9, rate: $0) }
        #expect(plots(rates) == 5)
        #expect(plots([2, 3].map { Sample.level(concurrency: $0, slo: nil) }) == 4)
        #expect(plots([Sample.level(), Sample.level()]) == 0)
        #expect(plots([Sample.level(concurrency: nil, rate: 1), Sample.level()]) == 0)
        let empty = [1, 2].map {
            LevelFigures(LevelLoad(concurrency: $0), records: [], serviceLevel: nil, cost: Sample.cost())
        }
        #expect(plots(empty) == 4)
    }

    @Test func aLevelWithoutAnyAnswerHasAPageToo() {
        let failed = Sample.records.suffix(1).map { record in
            var record = record
            record.times.contents = []
            return record
        }
        let report = TestReport(Sample.test, levels: [Sample.level(failed)])
        #expect(XMLWitness(Page(report).html).fault == nil)
        #expect(report.text.contains("1 requests, 1 errors"))
    }
}

/// Reads tags as XML does: each is closed, in order.
///
/// Void elements of HTML are known.
private struct XMLWitness {
    var fault: String?

    init(_ page: String) {
        var open: [String] = []
        for tag in page.matches(of: #/<(/?)([a-z0-9]+)([^<>]*?)(/?)>/#) {
            let name = String(tag.2)
            if name == "meta" || !tag.4.isEmpty { continue }
            if tag.1.isEmpty {
                open.append(name)
            } else if open.popLast() != name {
                fault = "</\(name)> closes nothing"
                return
            }
            if tag.3.filter({ $0 == "\"" }).count % 2 == 1 { fault = "\(tag.0)" }
        }
        if !open.isEmpty { fault = "\(open) are open" }
        if page.contains("NaN") || page.contains("inf\"") { fault = "a place that is no number" }
    }
}
