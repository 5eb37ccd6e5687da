import Testing

@testable import BatchEngine

@Suite struct FaultReportTests {
    private func fault(_ line: Int, _ reason: String = "bad", source: Int = 0) -> FaultReport.Fault {
        FaultReport.Fault(
            InputPosition(source: source, line: line), source: .file("\(source).jsonl"), reason: reason)
    }

    @Test func aFaultIsFileLineAndReason() {
        var report = FaultReport()
        #expect(report.isEmpty)
        report.add(fault(42, "unknown field 'temprature' in options; did you mean 'temperature'?"))
        #expect(
            report.description == "0.jsonl:42: unknown field 'temprature' in options; did you mean 'temperature'?")
    }

    @Test func keepsTheFirstFiftyByFileAndLineInWhateverOrderTheyCome() {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        var report = FaultReport()
        let faults = (0..<2).flatMap { source in (1...40).map { fault($0, "bad \($0)", source: source) } }
        for fault in faults.shuffled(using: &random) { report.add(fault) }
        #expect(report.faults == Array(faults.prefix(50)))
        #expect(report.count == 80)
        #expect(report.description.hasSuffix("1.jsonl:10: bad 10\n… and 30 more"))
    }

    /// Each file for itself, and whatever comes between; three alike are still told one by one.
    @Test func whatManyLinesHaveAlikeIsOneLineWithACountAndTheFirstPlaces() {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        let missing = (1...2000).map { fault($0 * 2, "no model") }
        let few = [3, 5, 7].map { fault($0, "no prompt") } + [fault(9, "no model", source: 1)]
        for _ in 0..<5 {
            var report = FaultReport()
            for fault in (missing + few).shuffled(using: &random) { report.add(fault) }
            #expect(report.count == 2004)
            #expect(
                report.description == """
                    0.jsonl:2: no model (2,000 lines: 2, 4, 6, 8, 10, …)
                    0.jsonl:3: no prompt
                    0.jsonl:5: no prompt
                    0.jsonl:7: no prompt
                    1.jsonl:9: no model
                    """)
        }
    }

    /// What is told together leaves room for others, and the count at the end is of what is not told at all.
    @Test func whatIsToldTogetherCountsAsOne() {
        var report = FaultReport()
        for line in 1...100 { report.add(fault(line, "no model")) }
        for line in 1...60 { report.add(fault(line, "bad \(line)")) }
        let lines = report.description.split(separator: "\n")
        #expect(lines.count == 51)
        #expect(lines[0] == "0.jsonl:1: no model (100 lines: 1, 2, 3, 4, 5, …)")
        #expect(lines[49] == "0.jsonl:49: bad 49")
        #expect(lines[50] == "… and 11 more")
    }

    @Test func faultsOfOneLineKeepTheirOrder() {
        var report = FaultReport()
        for reason in ["c", "a", "b"] { report.add(fault(1, reason)) }
        #expect(report.faults.map(\.reason) == ["c", "a", "b"])
    }

    @Test func largeNumbersAreGrouped() {
        var report = FaultReport()
        report.add(fault(1))
        report.addUnlisted(1_234_567)
        #expect(report.description == "0.jsonl:1: bad\n… and 1,234,567 more")
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1234, "-1,234"), (1_000_000, "1,000,000")])
    func numbersAreGroupedByThree(number: Int, text: String) { #expect(number.grouped == text) }
}
