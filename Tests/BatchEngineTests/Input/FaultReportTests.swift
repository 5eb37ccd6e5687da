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
        let faults = (0..<2).flatMap { source in (1...40).map { fault($0, source: source) } }
        for fault in faults.shuffled(using: &random) { report.add(fault) }
        #expect(report.faults == Array(faults.prefix(50)))
        #expect(report.count == 80)
        #expect(report.description.hasSuffix("1.jsonl:10: bad\n… and 30 more"))
    }

    @Test func faultsOfOneLineKeepTheirOrder() {
        var report = FaultReport()
        for reason in ["c", "a", "b"] { report.add(fault(1, reason)) }
        #expect(report.faults.map(\.reason) == ["c", "a", "b"])
    }

    @Test func largeNumbersAreGrouped() {
        var report = FaultReport()
        report.add(fault(1))
        report.addUntold(1_234_567)
        #expect(report.description == "0.jsonl:1: bad\n… and 1,234,567 more")
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1234, "-1,234"), (1_000_000, "1,000,000")])
    func numbersAreGroupedByThree(number: Int, text: String) { #expect(number.grouped == text) }
}
