import Foundation
import LLMStreaming
import Testing

@testable import BatchEngine

@Suite struct JobFeedTests {
    private let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    private func reading(skipsInvalid: Bool = false) -> InputReading {
        InputReading(parser: JobLineParser(defaults: standardDefaults), skipsInvalid: skipsInvalid)
    }

    @Test func aJobHasAllThatIsStoredOfIt() throws {
        let line = #"{"metadata":{"a":1.0},"model":"mock/m","options":{"n":1},"prompt":"Hi","id":"x"}"#
        let file = try scratch.file(lines: ["", line])
        var feed = JobFeed([.file(file)], reading(), checked: nil)
        let batch = try #require(try feed.next(maximum: 10))
        #expect(
            batch.jobs == [
                NewJob(
                    customID: "x", source: file, line: 2, provider: "mock", model: "m",
                    requestSHA256: try parse(line).hash.hexadecimal,
                    request: Array(#"{"options":{"n":1},"prompt":"Hi"}"#.utf8), metadata: Array(#"{"a":1.0}"#.utf8))
            ])
        #expect(try feed.next(maximum: 10) == nil)
        #expect(try feed.next(maximum: 10) == nil)
    }

    @Test func batchesHoldAtMostWhatIsAskedForInTheOrderOfFilesAndLines() throws {
        let files = try [3, 0, 4].map { count in
            try scratch.file(
                "\(count).jsonl", lines: (0..<count).map { #"{"model":"mock/m","prompt":"\#(count)-\#($0)"}"# })
        }
        var feed = JobFeed(files.map { .file($0) }, reading(), checked: nil)
        var sizes: [Int] = []
        var lines: [Int] = []
        while let batch = try feed.next(maximum: 2) {
            sizes.append(batch.count)
            lines += batch.jobs.map(\.line)
        }
        #expect(sizes == [2, 2, 2, 1])
        #expect(lines == [1, 2, 3, 1, 2, 3, 4])
    }

    @Test func aBatchOfLongLinesIsCutByItsBytes() throws {
        let text = String(repeating: "x", count: 2 << 20)
        let file = try scratch.file(lines: (0..<4).map { #"{"id":"\#($0)","model":"mock/m","prompt":"\#(text)"}"# })
        var feed = JobFeed([.file(file)], reading(), checked: nil)
        #expect(try feed.next(maximum: 100)?.count == 2)
    }

    @Test func repeatsWithoutAnIDAreNumberedAlikeInEveryReading() throws {
        let lines = ["a", "b", "a", "a", "b"].map { #"{"model":"mock/m","prompt":"\#($0)"}"# }
        let file = try scratch.file(lines: lines)
        func ids() throws -> [String] {
            let summary = try InputValidator([.file(file)], reading()).validate()
            var feed = JobFeed([.file(file)], reading(), checked: summary)
            var ids: [String] = []
            while let batch = try feed.next(maximum: 2) { ids += batch.jobs.map(\.customID) }
            return ids
        }
        let a = try parse(lines[0]).hash.hexadecimal.prefix(16)
        let b = try parse(lines[1]).hash.hexadecimal.prefix(16)
        #expect(try ids() == ["\(a)", "\(b)", "\(a)-2", "\(a)-3", "\(b)-2"])
        #expect(try ids() == ids())
    }

    // MARK: - Faults

    @Test func theJobsBeforeABadLineComeFirstThenTheIntakeEnds() throws {
        let good = #"{"id":"a","model":"mock/m","prompt":"Hi"}"#
        let file = try scratch.file(lines: [good, "no JSON", good.replacing("a", with: "b", maxReplacements: 1)])
        var feed = JobFeed([.file(file)], reading(), checked: nil)
        #expect(try feed.next(maximum: 10)?.jobs.map(\.customID) == ["a"])
        for _ in 0..<2 {
            #expect { try feed.next(maximum: 10) } throws: { error in
                guard case InputError.faults(let report)? = error as? InputError else { return false }
                return report.description == "\(file):2: not JSON: unexpected character at byte 0"
            }
        }
    }

    @Test func aDuplicateIDEndsTheIntakeOfWhatIsReadOnce() throws {
        let line = #"{"id":"a","model":"mock/m","prompt":"Hi"}"#
        let file = try scratch.file(lines: [line, line])
        var feed = JobFeed([.file(file)], reading(), checked: nil)
        #expect(try feed.next(maximum: 10)?.count == 1)
        #expect { try feed.next(maximum: 10) } throws: { "\($0)" == "\(file):2: duplicate id 'a'" }
    }

    @Test func skippedLinesComeWithReasonAndText() throws {
        let good = #"{"id":"a","model":"mock/m","prompt":"Hi"}"#
        let file = try scratch.file(
            bytes: Array("\(good)\n{\"id\":\"b\",\"x\":1}\n".utf8) + [0x22, 0xFF, 0x22, 0x0A] + Array("\(good)\n".utf8))
        let reading = reading(skipsInvalid: true)
        let summary = try InputValidator([.file(file)], reading).validate()
        #expect(summary.jobs == 1)
        #expect(summary.report.count == 5)
        var feed = JobFeed([.file(file)], reading, checked: summary)
        let batch = try #require(try feed.next(maximum: 10))
        #expect(batch.jobs.map(\.customID) == ["a"])
        #expect(
            batch.rejectedLines == [
                RejectedLine(
                    source: file, line: 2,
                    reason:
                        "unknown field 'x'; no model: give 'model' in the line, or --model; "
                        + "neither 'messages' nor 'prompt' is given",
                    text: #"{"id":"b","x":1}"#),
                RejectedLine(
                    source: file, line: 3, reason: "not UTF-8: byte 0xff at byte 1", text: "\"\u{FFFD}\""),
                RejectedLine(source: file, line: 4, reason: "duplicate id 'a'", text: good),
            ])
        #expect(try feed.next(maximum: 10) == nil)
    }

    @Test func aSkippedLineTooLongHasNoText() throws {
        var reading = reading(skipsInvalid: true)
        reading.maximumLineBytes = 10
        let file = try scratch.file(lines: [String(repeating: "x", count: 11)])
        var feed = JobFeed([.file(file)], reading, checked: nil)
        let rejected = try feed.next(maximum: 1)?.rejectedLines.first
        #expect(rejected?.reason == "the line has 11 bytes, more than --max-line-bytes allows (10)")
        #expect(rejected?.text == nil)
    }

    // MARK: - Changes between the readings

    @Test func aFileThatChangedAfterItsCheckGivesNoJob() throws {
        let line = #"{"id":"a","model":"mock/m","prompt":"Hi"}"#
        let file = try scratch.file(lines: [line])
        let summary = try InputValidator([.file(file)], reading()).validate()
        #expect(try scratch.file(lines: [line, line.replacing("\"a\"", with: "\"b\"")]) == file)
        var feed = JobFeed([.file(file)], reading(), checked: summary)
        #expect { try feed.next(maximum: 10) } throws: { error in
            guard case InputError.changed(file)? = error as? InputError else { return false }
            return true
        }
    }

    @Test func aFileReplacedByOneOfTheSameSizeIsNoticed() throws {
        let file = try scratch.file(lines: [#"{"id":"a","model":"mock/m","prompt":"Hi"}"#])
        let summary = try InputValidator([.file(file)], reading()).validate()
        let other = try scratch.file("other.jsonl", lines: [#"{"id":"a","model":"mock/m","prompt":"Ho"}"#])
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.moveItem(atPath: other, toPath: file)
        var feed = JobFeed([.file(file)], reading(), checked: summary)
        #expect(throws: InputError.self) { try feed.next(maximum: 10) }
    }

    @Test func aFileThatIsGoneIsNamed() throws {
        var feed = JobFeed([.file("/nonexistent/x.jsonl")], reading(), checked: nil)
        #expect { try feed.next(maximum: 1) } throws: {
            "\($0)" == "cannot read /nonexistent/x.jsonl: No such file or directory"
        }
    }
}
