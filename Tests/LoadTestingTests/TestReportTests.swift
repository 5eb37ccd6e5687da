import Foundation
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
        // Six plots a level: TTFT, ITL and throughput over time and their spreads.
        #expect(page.components(separatedBy: "<svg ").count == 13)
        #expect(page.contains("this measured the client"))
        let parser = XMLWitness(page)
        #expect(parser.fault == nil)
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
