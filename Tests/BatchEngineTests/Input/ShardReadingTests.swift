import LLMStreaming
import Testing

@testable import BatchEngine

/// What the run of a shard reads of an input.
@Suite struct ShardReadingTests {
    private let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    private func reading(_ index: Int, of count: Int, skipsInvalid: Bool = false) throws -> InputReading {
        var reading = InputReading(parser: JobLineParser(defaults: standardDefaults), skipsInvalid: skipsInvalid)
        let shard = try #require(JobShard(index, of: count))
        reading.shard = shard
        return reading
    }

    private func job(_ id: String?, _ prompt: String = "Hi") -> String {
        #"{\#(id.map { #""id":"\#($0)","# } ?? "")"model":"mock/m","prompt":"\#(prompt)"}"#
    }

    /// The ids and lines of both readings, which are the same.
    private func jobs(_ path: String, _ reading: InputReading) async throws -> [String] {
        let name = { (jobs: [NewJob]) in jobs.map { "\($0.line) \($0.customID)" } }
        let checked = try await InputValidator([.file(path)], reading).validate(into: [String]()) { $0 += name($1) }
        #expect(checked.summary.report.isEmpty, "\(checked.summary.report)")
        #expect(checked.summary.jobs == checked.result.count && checked.summary.lines == checked.result.count)
        var feed = JobFeed([.file(path)], reading, checked: checked.summary)
        var read: [String] = []
        while let batch = try feed.next(maximum: 7) { read += name(batch.jobs) }
        #expect(read == checked.result)
        return read
    }

    private func report(_ lines: [String], _ reading: InputReading) throws -> [String] {
        let file = try scratch.file(lines: lines)
        let report = try InputValidator([.file(file)], reading).validate().report
        return report.description.replacing(scratch.path + "/", with: "").split(separator: "\n").map(String.init)
    }

    /// An id that is not of the first of two shards, and one that is.
    private let foreign = "d"
    private let own = "a"

    @Test func idsOfTheTestsAreOfTheShardsThatTheyShouldBe() throws {
        let shard = try #require(JobShard(0, of: 2))
        #expect(shard.contains(own) && !shard.contains(foreign))
    }

    @Test(arguments: [1, 2, 7, 64])
    func shardsTogetherAreTheInputAndShareNothing(count: Int) async throws {
        var lines = (0..<150).map { job("job-\($0)") } + ["", "  "]
        lines += (0..<40).map { job(nil, "p\($0 % 15)") }
        lines += [#"{"custom_id":"\u00e4","model":"mock/m","prompt":"x"}"#, "\u{FEFF}" + job("with a mark")]
        lines += SampleFile.openAIBatch.lines.map { String(decoding: $0, as: UTF8.self) }
        let file = try scratch.file(lines: lines)
        let whole = InputReading(parser: JobLineParser(defaults: standardDefaults))
        let all = try await jobs(file, whole)
        var parts: [String] = []
        for index in 0..<count { parts += try await jobs(file, reading(index, of: count)) }
        #expect(parts.count == all.count)
        #expect(Set(parts) == Set(all))
        #expect(all.contains { $0.hasSuffix("-3") && !$0.contains("job") })
    }

    @Test func aDocumentHasShardsToo() async throws {
        let whole = InputReading(parser: JobLineParser(defaults: standardDefaults))
        let path = SampleFile.anthropicDocument.path
        let parts = try await jobs(path, reading(0, of: 2)) + jobs(path, reading(1, of: 2))
        #expect(try await Set(parts) == Set(jobs(path, whole)))
        #expect(!parts.isEmpty)
    }

    @Test func nothingButTheIDIsReadOfOtherShardsLines() throws {
        let lines = [job(own), #"{"id":"\#(foreign)","model":"nobody/m","promt":3}"#]
        #expect(try report(lines, reading(0, of: 2)) == [])
        #expect(try report(lines, reading(1, of: 2)).count > 1)
    }

    @Test func duplicatesAreFoundInEveryShard() throws {
        for id in [own, foreign] {
            let lines = [job("x1"), job(id), job("x2"), job(id, "another"), job(id)]
            for index in 0...1 {
                #expect(
                    try report(lines, reading(index, of: 2)) == [
                        "jobs.jsonl:4: duplicate id '\(id)'; line 2 has it already",
                        "jobs.jsonl:5: duplicate id '\(id)'; line 2 has it already",
                    ], "\(id) in \(index)")
            }
        }
    }

    @Test func duplicatesOfLinesThatMayBeLeftOutAreTheirOwnShards() throws {
        let lines = [job(foreign), job(foreign)]
        #expect(try report(lines, reading(0, of: 2, skipsInvalid: true)) == [])
        #expect(try report(lines, reading(1, of: 2, skipsInvalid: true)).count == 1)
    }

    @Test func aGivenIDMeetsADerivedOneInTheirShard() throws {
        let hash = try parse(job(nil)).hash.prefix.hexadecimal
        let lines = [job(nil), job(nil), job(hash + "-2")]
        let index = try #require(JobShard(0, of: 2)).contains(hash) ? 0 : 1
        #expect(try report(lines, reading(index, of: 2)).count == 1)
    }

    @Test func moreDuplicatesThanAreLookedUpAreCounted() throws {
        let ids = (0..<2500).map { "job-\($0)" }
        let summary = try InputValidator(
            [.file(try scratch.file(lines: (ids + ids).map { job($0) }))], reading(0, of: 2)
        )
        .validate()
        #expect(summary.report.count == 2500)
    }

    @Test(arguments: ["{", "[]", #"{"id":7,"model":"mock/m","prompt":"x"}"#, #"{"model":"mock/m"}"#])
    func aLineWithoutAnIDThatCanBeReadIsAFaultInEveryShard(line: String) throws {
        for index in 0..<3 {
            #expect(try !report([job(own), line], reading(index, of: 3)).isEmpty)
            // And left out once.
            let isLeftOut = try !report([job(own), line], reading(index, of: 3, skipsInvalid: true)).isEmpty
            #expect(isLeftOut == (index == 0))
        }
    }

    /// More bytes than a batch holds lie before the next line of this shard.
    @Test func theFeedGoesOnBehindManyLinesOfOthers() async throws {
        let text = String(repeating: "x", count: 1 << 20)
        let lines = (0..<5).map { _ in #"{"id":"\#(foreign)","model":"mock/m","prompt":"\#(text)"}"# } + [job(own)]
        var feed = JobFeed([.file(try scratch.file(lines: lines))], try reading(0, of: 2), checked: nil)
        #expect(try feed.next(maximum: 10)?.jobs.map(\.customID) == [own])
        #expect(try feed.next(maximum: 10) == nil)
    }
}
