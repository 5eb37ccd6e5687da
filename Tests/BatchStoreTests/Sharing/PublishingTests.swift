import BatchEngine
import Foundation
import LLMStreaming
import Testing

@testable import BatchStore

/// What a worker publishes is what its database holds (Contract, "Shared folders").
@Suite struct PublishingTests {
    private let fixture: SharedFixture

    init() throws { fixture = try SharedFixture() }

    /// A run with all that may become of a job, published in four parts; gives the path of its database.
    private func published() async throws -> String {
        let store = try await fixture.merging.open(1, on: newJobs(6), in: "one.db")
        let publisher = fixture.publisher(1, of: store)
        try await store.complete("j1", text: "first answer", at: 1_500)
        try await store.cut("j2", after: "a text of thirty-two and more scalars, ")
        try await publisher.publish(isLast: false)
        try await store.fail("j3")
        try await store.database.store([RejectedLine(source: "jobs.jsonl", line: 9, reason: "not JSON", text: "{")])
        try await publisher.publish(isLast: false)
        let open = try await store.job("j4")
        let attempt = store.attempt(open, textChunks("open at first "))
        try await store.database.flush()
        try await publisher.publish(isLast: false)
        let more = textChunks("and then whole") + [StreamedChunk(.finish, "stop")]
        for (sequence, chunk) in more.enumerated() {
            _ = store.queue.storeChunks([chunk], of: attempt, from: 4 + sequence, atMicroseconds: 900)
        }
        try await store.queue.endAttempt(completedEnd(attempt, of: open, textChunks("open at first ") + more))
        try await store.goOn("j2", prefixScalars: 39, with: "and its end")
        try await store.complete("j5", text: "last answer", at: 2_500)
        // What was told to the run, and what it never sent.
        let cancelled = try await store.job("j6").id
        #expect(try await store.database.cancel([cancelled]) == [cancelled])
        try await store.database.record(RunChange(command: "cancel", value: #"["j6"]"#), ofRun: store.runID)
        store.database.record(
            RunSecond(
                runID: store.runID, second: MergeFixture.start / 1000, chunks: 3, outputTokens: 2, completed: 1,
                failed: 0,
                running: 1, waiting: 0))
        try await store.database.finishRun(store.runID, exitCode: 1, status: .finished)
        try await publisher.publish(isLast: true)
        // Nothing has changed since.
        try await publisher.publish(isLast: false)
        #expect(try await publisher.unpublishedJobs() == 0)
        try await store.database.notePublished(publisher.notes, by: publisher.worker)
        try await store.database.close()
        #expect(try fixture.files.names.filter { $0.hasPrefix("one.db-") } == [], "what it was made of is gone")
        return store.database.path
    }

    @Test func partsComeToWhatTheDatabaseComesTo() async throws {
        let path = try await published()
        let parts = try fixture.parts
        #expect(parts.map(\.numbers) == [1...1, 2...2, 3...3, 4...4])
        let whole = try await fixture.merging.merge([path], into: "whole.db")
        let content = try MergeFixture.content(whole)
        #expect(try MergeFixture.seams(whole).count == 4)
        // In whatever order, and again.
        for (number, order) in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1, 0, 2]].enumerated() {
            let merged = try await fixture.merge(order.map { parts[$0] }, into: "parts\(number).db")
            #expect(try MergeFixture.content(merged) == content, "\(order)")
            #expect(try await MergeFixture.results(merged) == MergeFixture.results(whole))
        }
        // Beside the database itself.
        let both = try await fixture.merge(parts, into: "both.db")
        let database = try await BatchDatabase.open(both)
        #expect(try await database.merge(path) == .merged)
        #expect(try await database.repeatedAnswers() == RepeatedAnswers(count: 0, tokens: 0))
        try await database.close()
        #expect(try MergeFixture.content(both) == content)
    }

    @Test func onlyWhatChangedIsInAPart() async throws {
        let store = try await fixture.merging.open(1, on: newJobs(12), in: "one.db")
        let publisher = fixture.publisher(1, of: store)
        try await publisher.publish(isLast: false)
        #expect(try fixture.parts == [], "nothing has begun")
        for number in 1...9 {
            try await store.complete("j\(number)", text: "answer \(number)", at: 2_000)
            #expect(try await publisher.unpublishedJobs() == 1)
            try await publisher.publishAll()
            try await publisher.publishAll()
        }
        // A stream that brings nothing changes nothing.
        let silent = store.attempt(try await store.job("j10"), textChunks("text"))
        try await store.database.flush()
        try await publisher.publish(isLast: false)
        try await publisher.publish(isLast: false)
        let parts = try fixture.parts.sorted {
            ($0.numbers.upperBound, $0.numbers.lowerBound) < ($1.numbers.upperBound, $1.numbers.lowerBound)
        }
        #expect(parts.map(\.numbers) == (1...7).map { $0...$0 } + [1...8, 8...8, 9...9, 10...10])
        let jobs = try parts.map { try Self.jobs(in: $0, fixture.folder) }
        #expect(jobs[6] == ["j7"] && jobs[7] == (1...8).map { "j\($0)" } && jobs[8] == ["j8"])
        #expect(jobs[9] == ["j9"] && jobs[10] == ["j10"])
        #expect(parts[0].bytes < 40_000, "a part with one answer has \(parts[0].bytes) bytes")
        _ = store.queue.storeChunks(textChunks("more"), of: silent, from: 1, atMicroseconds: 500)
        try await store.database.flush()
        #expect(try await publisher.unpublishedJobs() == 1)
        try await store.database.close()
    }

    private static func jobs(in part: PartName, _ folder: SharedFolder) throws -> [String] {
        try sqlRows("\(folder.path)/\(part.text)", "SELECT custom_id FROM jobs ORDER BY job_id")
    }

    /// What an earlier run of the same database did not publish to its end.
    @Test func theNextRunPublishesWhatWasLeft() async throws {
        let jobs = newJobs(3)
        let first = try await fixture.merging.open(1, on: jobs, in: "one.db")
        try await first.complete("j1", text: "unpublished", at: 2_000)
        try await first.database.close()
        for (number, id) in [(UInt64(2), "j2"), (3, "j3")] {
            let store = try await fixture.merging.open(Int(number), on: jobs, in: "one.db")
            let publisher = fixture.publisher(number, of: store)
            try await store.complete(id, text: "published", at: 2_000)
            try await publisher.publish(isLast: true)
            try await store.database.notePublished(publisher.notes, by: publisher.worker)
            try await store.database.close()
        }
        let parts = try fixture.parts
        #expect(try parts.map { try Self.jobs(in: $0, fixture.folder) } == [["j1", "j2"], ["j3"]])
    }

    @Test func aPartThatIsCutOrChangedAnywhereIsTorn() async throws {
        _ = try await published()
        let part = try #require(try fixture.parts.first)
        let path = "\(fixture.folder.path)/\(part.text)"
        let whole = try Data(contentsOf: URL(filePath: path))
        let target = fixture.files.file("copy.db")
        let read = { (bytes: Data) throws -> SharedFolder.Copy in
            try bytes.write(to: URL(filePath: path))
            try? FileManager.default.removeItem(atPath: target)
            return try fixture.folder.copy(part, to: target)
        }
        #expect(try read(whole) == .whole)
        #expect(try Data(contentsOf: URL(filePath: target)) == whole)
        for count in stride(from: 0, to: whole.count, by: 61) + [whole.count - 1] {
            #expect(try read(whole.prefix(count)) == .torn, "cut at \(count)")
        }
        #expect(try read(whole + [0]) == .torn)
        var changed = whole
        changed[whole.count / 2] ^= 1
        #expect(try read(changed) == .torn)
    }

    @Test func aPartIsNeverWrittenOver() async throws {
        _ = try await published()
        let part = try #require(try fixture.parts.first)
        let path = "\(fixture.folder.path)/\(part.text)"
        let before = try Data(contentsOf: URL(filePath: path))
        #expect(throws: SharedFolderFault.self) { try fixture.folder.write(part, from: "/dev/null") }
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }
}

private func + (left: StrideTo<Int>, right: [Int]) -> [Int] { Array(left) + right }
