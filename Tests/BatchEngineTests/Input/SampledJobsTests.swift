import BatchRows
import LLMStreaming
import Testing

@testable import BatchEngine

/// Each job several times, under ids and seeds of their own (Contract, "Samples").
@Suite struct SampledJobsTests {
    private let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    private func reading(_ samples: Int, _ index: Int = 0, of count: Int = 1) throws -> InputReading {
        var reading = InputReading(parser: JobLineParser(defaults: standardDefaults))
        let (numbers, shard) = (try #require(JobSamples(samples)), try #require(JobShard(index, of: count)))
        (reading.samples, reading.shard) = (numbers, shard)
        return reading
    }

    private func jobs(_ lines: [String], _ reading: InputReading) async throws -> [NewJob] {
        let sources = [InputSource.file(try scratch.file(lines: lines))]
        let checked = try await InputValidator(sources, reading).validate(into: [NewJob]()) { $0 += $1 }
        #expect(checked.summary.report.isEmpty, "\(checked.summary.report)")
        #expect(checked.summary.jobs == checked.result.count && checked.summary.rejectedLines == 0)
        var feed = JobFeed(sources, reading, checked: checked.summary)
        var read: [NewJob] = []
        while let batch = try feed.next(maximum: 4) { read += batch.jobs }
        #expect(read == checked.result)
        // What the feed had is what is not gone.
        let missing = read.map(\.customID).filter { !feed.contains($0) }
        #expect(missing == [])
        let others = ["nobody", "nobody#1"].filter { feed.contains($0) }
        #expect(others == [])
        return read
    }

    private static let lines = [
        #"{"id":"a","model":"mock/m","prompt":"x","options":{"n":1,"seed":7}}"#,
        #"{"id":"b","model":"mock/m","prompt":"x"}"#,
        #"{"custom_id":"c","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"x"}],"seed":1}}"#,
        #"{"model":"mock/m","prompt":"y"}"#, #"{"model":"mock/m","prompt":"y"}"#,
    ]

    @Test func eachHasItsIDAndItsSeed() async throws {
        let jobs = try await self.jobs(Self.lines, reading(3))
        let derived = try parse(Self.lines[3]).hash.prefix.hexadecimal
        #expect(
            jobs.map(\.customID)
                == ["a", "b", "c", derived, derived + "-2"].flatMap { id in (1...3).map { "\(id)#\($0)" } })
        #expect(jobs.map(\.line) == [1, 2, 3, 4, 5].flatMap { [$0, $0, $0] })
        let requests = jobs.map { String(decoding: $0.request, as: UTF8.self) }
        #expect(requests[1] == #"{"prompt":"x","options":{"n":1,"seed":8}}"#)
        #expect(requests[3] == requests[5] && jobs[3].requestSHA256 == jobs[5].requestSHA256)
        #expect(requests[8].contains(#""seed":3"#), "\(requests[8])")
        // The hash is that of the request which is stored.
        for job in jobs {
            let model = ModelName(provider: job.provider, model: job.model)
            let hash = RequestHash(try JobRequest(stored: job.request).content, model)
            #expect(hash.hexadecimal == job.requestSHA256, "\(job.customID)")
        }
        #expect(jobs[0].requestSHA256 != jobs[1].requestSHA256)
    }

    @Test func theOnlySampleIsTheJob() async throws {
        var once = try reading(1)
        let sampled = try await jobs(Self.lines, once)
        once.samples = nil
        #expect(try await sampled == jobs(Self.lines, once))
    }

    /// A sample has the shard of its own id, so that a stored job shows its shard.
    @Test(arguments: [2, 5])
    func shardsTogetherAreAllSamplesAndShareNothing(count: Int) async throws {
        let lines =
            (0..<40).map { #"{"id":"j\#($0)","model":"mock/m","prompt":"x"}"# } + Self.lines + Self.lines.suffix(1)
        let all = try await jobs(lines, reading(3))
        var parts: [String] = []
        for index in 0..<count {
            let reading = try self.reading(3, index, of: count)
            let own = try await jobs(lines, reading).map(\.customID)
            let shard = try #require(reading.shard)
            #expect(own.allSatisfy { shard.contains($0) })
            let summary = try InputValidator([.file(scratch.file(lines: lines))], reading).validate()
            #expect(summary.shardJobs == ShardJobs(own: own.count, others: all.count - own.count))
            parts += own
        }
        #expect(parts.sorted() == all.map(\.customID).sorted())
    }

    @Test func aSampleOfARepeatedJobHasTheShardOfTheFirst() {
        let first = IDHash("0123456789abcdef#2")
        #expect(IDHash("0123456789abcdef-7#2").placement == first.placement)
        #expect(IDHash("0123456789abcdef-7#2") != first)
        for other in ["0123456789abcdef-7#3", "0123456789abcdef-7#x", "0123456789abcdef-7#", "0123456789abcdex-7#2"] {
            #expect(IDHash(other).placement != first.placement, "\(other)")
        }
    }

    /// A megabyte five hundred times must not be in memory at once, whoever takes the jobs.
    @Test func samplesOfALongLineComeInPages() async throws {
        let prompt = String(repeating: "x", count: 1 << 20)
        let lines = ["a", "b"].map {
            #"{"id":"\#($0)","model":"mock/m","prompt":"\#(prompt)","options":{"seed":1}}"#
        }
        let sources = [InputSource.file(try scratch.file(lines: lines))]
        let reading = try self.reading(20)
        let expected = ["a", "b"].flatMap { id in (1...20).map { "\(id)#\($0)" } }
        let checked = try await InputValidator(sources, reading).validate(into: [[String]]()) { pages, jobs in
            pages.append(jobs.map(\.customID))
        }
        #expect(checked.result.flatMap { $0 } == expected && checked.summary.jobs == 40)
        #expect(checked.result.allSatisfy { (1...4).contains($0.count) }, "\(checked.result.map(\.count))")
        var feed = JobFeed(sources, reading, checked: checked.summary)
        var fed: [[NewJob]] = []
        while let batch = try feed.next(maximum: 1000) { fed.append(batch.jobs) }
        #expect(fed.flatMap { $0 }.map(\.customID) == expected)
        #expect(fed.allSatisfy { (1...4).contains($0.count) }, "\(fed.map(\.count))")
        var lineFeed = LineFeed("memory", reading)
        var left = lines.map { Array($0.utf8) }[...]
        var pages: [[NewJob]] = []
        while let batch = try lineFeed.next(of: &left, maximum: 1000) { pages.append(batch.jobs) }
        #expect(pages.map { $0.map(\.requestSHA256) } == fed.map { $0.map(\.requestSHA256) } && left.isEmpty)
        // The seeds go on where a page ends.
        let seeds = fed.flatMap { $0 }.prefix(20).map { job in
            (try? JSONParser.parse(job.request))?["options"]?["seed"]?.int
        }
        #expect(seeds == (1...20).map { $0 })
    }

    /// A batch holds as many jobs as are asked for, also where that is a part of a line's.
    @Test func aBatchEndsWithinTheSamplesOfALine() async throws {
        let source = InputSource.file(try scratch.file(lines: [Self.lines[0], "no", Self.lines[1]]))
        var reading = try self.reading(3)
        reading.skipsInvalid = true
        var feed = JobFeed([source], reading, checked: nil)
        var batches: [[String]] = []
        while let batch = try feed.next(maximum: 2) {
            batches.append(batch.jobs.map(\.customID) + batch.rejectedLines.map { _ in "no" })
        }
        #expect(batches == [["a#1", "a#2"], ["a#3", "no"], ["b#1", "b#2"], ["b#3"]])
        // Before a fault all jobs of the lines before it come, and behind it none.
        reading.skipsInvalid = false
        var lineFeed = LineFeed("memory", reading)
        var lines = [Self.lines[0], "no", Self.lines[1]].map { Array($0.utf8) }[...]
        var ids: [[String]] = []
        let error = #expect(throws: InputError.self) {
            while let batch = try lineFeed.next(of: &lines, maximum: 2) { ids.append(batch.jobs.map(\.customID)) }
        }
        #expect(ids == [["a#1", "a#2"], ["a#3"]] && error?.description.hasPrefix("memory:2: not JSON") == true)
        #expect(throws: InputError.self) { try lineFeed.next(of: &lines, maximum: 2) }
    }

    /// Of a body's seed too, which a cell of CSV gives.
    @Test func aSeedFromACellIsCountedUp() async throws {
        let file = try scratch.file("rows.csv", bytes: Array("n,m\n1,5\n2,\n".utf8))
        var reading = try self.reading(2)
        reading.rows = RowInput(
            try RowTemplate(
                Array(
                    #"{"custom_id":"{{n}}","url":"/v1/chat/completions","body":{"model":"m","seed":"{{m}}","messages":[{"role":"user","content":"x"}]}}"#
                        .utf8), name: "t.json", schema: JSONParser.parse(JobLineSchema.json)), metadata: .none,
            form: nil,
            limit: nil, sample: nil)
        let checked = try await InputValidator([.file(file)], reading).validate(into: [NewJob]()) { $0 += $1 }
        let seeds = checked.result.map { job in (try? JSONParser.parse(job.request))?["body"]?["seed"]?.int }
        #expect(checked.result.map(\.customID) == ["1#1", "1#2", "2#1", "2#2"] && seeds == [5, 6, nil, nil])
    }

    @Test func duplicatesAreThoseOfTheLines() throws {
        let lines = [#"{"id":"a","model":"mock/m","prompt":"x"}"#, #"{"id":"a#1","model":"mock/m","prompt":"x"}"#]
        let file = try scratch.file(lines: lines + [lines[0]])
        let report = try InputValidator([.file(file)], reading(2)).validate().report
        #expect(report.count == 1 && "\(report)".contains("jobs.jsonl:3: duplicate id 'a'; line 1 has it already"))
    }

    @Test func whatHasNoNumberIsAFault() throws {
        let long = String(repeating: "é", count: 255)
        let lines = [
            #"{"id":"\#(long)","model":"mock/m","prompt":"x"}"#,
            #"{"id":"a","model":"mock/m","prompt":"x","options":{"seed":9223372036854775806}}"#,
        ]
        let file = try scratch.file(lines: lines)
        #expect(try InputValidator([.file(file)], reading(1)).validate().report.isEmpty)
        let report = try InputValidator([.file(file)], reading(3)).validate().report
        #expect(report.faults.map(\.line) == [1, 2], "\(report)")
        #expect("\(report)".contains("must have at most 256 characters, not 257"), "\(report)")
        #expect("\(report)".contains("'seed' is too large"), "\(report)")
    }
}
