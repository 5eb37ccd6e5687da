import Foundation
import LLMStreaming
import Testing

@testable import BatchEngine

@Suite struct InputValidatorTests {
    private let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    private func reading(skipsInvalid: Bool = false) -> InputReading {
        InputReading(parser: JobLineParser(defaults: standardDefaults), skipsInvalid: skipsInvalid)
    }

    /// The report on files of these lines, named `0.jsonl` and so on.
    private func report(_ files: [String]..., reading: InputReading? = nil) throws -> [String] {
        let sources = try files.enumerated().map { InputSource.file(try scratch.file("\($0).jsonl", lines: $1)) }
        let summary = try InputValidator(sources, reading ?? self.reading()).validate()
        let text = summary.report.description.replacing(scratch.path + "/", with: "")
        return text.split(separator: "\n").map(String.init)
    }

    private func job(_ id: String?, _ prompt: String = "Hi", model: String = "mock/m") -> String {
        let id = id.map { #""id":"\#($0)","# } ?? ""
        return #"{\#(id)"model":"\#(model)","prompt":"\#(prompt)"}"#
    }

    @Test func countsJobsLinesBytesProvidersAndModels() throws {
        let file = try scratch.file(
            lines: [job("a"), "", job("b", model: "mock/n"), job("c", model: "vllm/m"), job("d"), #"{"x":1}"#])
        let summary = try InputValidator([.file(file)], reading()).validate()
        #expect(summary.jobs == 4)
        #expect(summary.lines == 5)
        #expect(summary.bytes == FileManager.default.contents(atPath: file)?.count)
        #expect(summary.jobsByProvider == ["mock": 3, "vllm": 1])
        #expect(
            summary.jobsByModel == [
                ModelName(provider: "mock", model: "m"): 2, ModelName(provider: "mock", model: "n"): 1,
                ModelName(provider: "vllm", model: "m"): 1,
            ])
    }

    @Test func modelsBeyondAThousandAreNotCountedApart() throws {
        let file = try scratch.file(lines: (0..<1100).map { job("j\($0)", model: "mock/m\($0)") })
        let summary = try InputValidator([.file(file)], reading()).validate()
        #expect(summary.jobsByModel.count == 1000)
        #expect(summary.jobsByProvider == ["mock": 1100])
    }

    @Test func everyUseOfAnIDButTheFirstIsADuplicate() throws {
        #expect(
            try report([job("a"), job("b"), job("a", "x"), job("c"), job("a")]) == [
                "0.jsonl:3: duplicate id 'a'; line 1 has it already",
                "0.jsonl:5: duplicate id 'a'; line 1 has it already",
            ])
    }

    @Test func idsAreUniqueOverAllFiles() throws {
        #expect(
            try report([job("a"), job("b")], [job("c"), job("b")]) == [
                "1.jsonl:2: duplicate id 'b'; 0.jsonl:2 has it already"
            ])
    }

    @Test func theIDOfALineWithFaultsIsTakenUnlessSuchLinesAreSkipped() throws {
        let lines = [#"{"id":"a","model":"mock/m"}"#, job("a")]
        let fault = "0.jsonl:1: neither 'messages' nor 'prompt' is given"
        #expect(
            try report(lines) == [
                fault, "0.jsonl:2: duplicate id 'a'; line 1 has it already",
            ])
        #expect(try report(lines, reading: reading(skipsInvalid: true)) == [fault])
    }

    @Test func aGivenIDMayNotBeTheDerivedOneOfAnotherLine() throws {
        let hash = try parse(job(nil)).hash.prefix.hexadecimal
        #expect(
            try report([job(nil), job(hash)]) == [
                "0.jsonl:2: duplicate id '\(hash)'; line 1 has it already"
            ])
        #expect(
            try report([job("\(hash)-2"), job(nil), job(nil)]) == [
                "0.jsonl:3: duplicate id '\(hash)-2'; line 1 has it already"
            ])
    }

    @Test func faultsAreInTheOrderOfLinesAlthoughDuplicatesAreFoundLast() throws {
        #expect(
            try report([job("a"), job("a"), "x", job("b"), "y", job("b")]).map { $0.prefix(10) } == [
                "0.jsonl:2:", "0.jsonl:3:", "0.jsonl:5:", "0.jsonl:6:",
            ])
    }

    /// However ids are fingerprinted, the result is the same: a match is only a suspicion.
    @Test(arguments: [1, 7, 100_000])
    func noValidFileIsRefusedBecauseOfColliding(fingerprints: UInt64) throws {
        var weak = reading()
        weak.fingerprint = { id in (id.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) } % fingerprints, 1) }
        let lines = (0..<1200).map { job("job-\($0)") } + [job(nil), job(nil)]
        let valid = try scratch.file(lines: lines)
        let summary = try InputValidator([.file(valid)], weak).validate()
        #expect(summary.report.isEmpty)
        #expect(summary.jobs == lines.count)

        var feed = JobFeed([.file(valid)], weak, checked: summary)
        var ids: [String] = []
        while let batch = try feed.next(maximum: 100) { ids += batch.jobs.map(\.customID) }
        #expect(ids.count == lines.count && ids[1199] == "job-1199" && ids[1201].hasSuffix("-2"))

        #expect(
            try report(lines + [job("job-7")], reading: weak) == [
                "0.jsonl:1203: duplicate id 'job-7'; line 8 has it already"
            ])
    }

    /// So that a run that compares them with what is stored reads its file once less.
    @Test(arguments: [UInt64.max, 40])
    func theCheckHandsOutTheJobsThatAreReadAfterIt(fingerprints: UInt64) async throws {
        var reading = reading(skipsInvalid: true)
        reading.fingerprint = { id in (id.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) } % fingerprints, 1) }
        let lines = (0..<2500).map { job("job-\($0)") } + [job(nil), "no JSON", job("job-7"), job(nil)]
        let file = try scratch.file(lines: lines)
        let (summary, checked) = try await InputValidator([.file(file)], reading)
            .validate(into: [NewJob]()) { $0 += $1 }
        var feed = JobFeed([.file(file)], reading, checked: summary)
        var read: [NewJob] = []
        while let batch = try feed.next(maximum: 1000) { read += batch.jobs }
        #expect(checked == read)
        #expect(checked.count == 2502)
        #expect(summary.jobs == 2502 && summary.lines == 2504)
    }

    @Test func thousandsOfDuplicatesAreFiftyLinesAndANumber() throws {
        let text = try report((0..<3000).map { job("a\($0 / 2)") })
        #expect(text.count == 51)
        #expect(text[0] == "0.jsonl:2: duplicate id 'a0'; line 1 has it already")
        #expect(text[50] == "… and 1,450 more")
    }

    /// Of more than a thousand only the number is known.
    @Test func thousandsOfOneIDAreALineAndANumber() throws {
        #expect(
            try report((0..<3000).map { _ in job("a") }) == [
                "0.jsonl:2: duplicate id 'a'; line 1 has it already (1,000 lines: 2, 3, 4, 5, 6, …)",
                "… and 1,999 more",
            ])
    }

    @Test func linesTooLongAreFaultsAndTheRestIsRead() throws {
        var reading = reading()
        reading.maximumLineBytes = 60
        let file = try scratch.file(lines: [job("a", String(repeating: "x", count: 2000)), job("b")])
        let summary = try InputValidator([.file(file)], reading).validate()
        #expect(summary.jobs == 1)
        #expect(
            summary.report.faults.map(\.reason) == [
                "the line has 2,039 bytes, more than --max-line-bytes allows (60)"
            ])
    }

    @Test func faultsOfADocumentNameItsRequests() throws {
        let good =
            #"{"custom_id":"a","params":{"model":"c","max_tokens":9,"messages":[{"role":"user","content":"x"}]}}"#
        let bad = #"{"custom_id":"b","params":{"model":"c","messages":[]}}"#
        let document = "{\"requests\":[\(good),\n\(bad), \(good),7 {}]}"
        let sources = [try scratch.file("batch.json", bytes: Array(document.utf8)), try scratch.file(lines: [good])]
        let summary = try InputValidator(sources.map { .file($0) }, reading()).validate()
        #expect(
            summary.report.description.replacing(scratch.path + "/", with: "") == """
                batch.json: request 2: 'messages' in params is empty
                batch.json: request 3: duplicate id 'a'; request 1 has it already
                batch.json: request 4: a job line must be a JSON object, not a number
                batch.json: request 5: not JSON: a comma is missing between two requests
                jobs.jsonl:1: duplicate id 'a'; batch.json: request 1 has it already
                """)
        #expect(summary.jobs == 1)
        #expect(summary.lines == 6)
    }

    @Test func theRequestsOfADocumentAreJobsInTheirOrder() throws {
        let requests = (1...300).map {
            #"{"custom_id":"r\#($0)","params":{"model":"c","max_tokens":9,"messages":[{"role":"user","content":"x"}]}}"#
        }
        let document = "{\"requests\": [\(requests.joined(separator: ","))]}"
        let source = InputSource.file(try scratch.file("batch.json", bytes: Array(document.utf8)))
        let summary = try InputValidator([source], reading()).validate()
        #expect(summary.report.isEmpty)
        var feed = JobFeed([source], reading(), checked: summary)
        var jobs: [NewJob] = []
        while let batch = try feed.next(maximum: 7) { jobs += batch.jobs }
        #expect(jobs.map(\.line) == Array(1...300))
        #expect(jobs.map(\.customID) == (1...300).map { "r\($0)" })
        #expect(Set(jobs.map(\.provider)) == ["anthropic"])
    }
}
