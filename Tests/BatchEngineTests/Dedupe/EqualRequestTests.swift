import LLMStreaming
import Testing

@testable import BatchEngine

/// The table as a reference: what it says is read where it changes.
private final class Table {
    private var equals = EqualRequests()

    var releasedCount: Int { equals.releasedCount }

    func isUnknown(_ key: RequestKey) -> Bool { equals.isUnknown(key) }
    func place(_ id: Int64, _ key: RequestKey, earlier: EarlierEnd?) -> EqualRequests.Place {
        equals.place(id, key, earlier: earlier)
    }
    func end(_ id: Int64, isFailed: Bool) { equals.end(id, isFailed: isFailed) }
    func giveUp(_ id: Int64) { equals.giveUp(id) }
    func takeReleased() -> EqualRequests.Release? { equals.takeReleased() }
    func putBack(_ release: EqualRequests.Release) { equals.putBack(release) }
    func refuse(_ release: EqualRequests.Release) { equals.refuse(release) }
    func join(_ release: EqualRequests.Release) -> Bool { equals.join(release) }
    func leave(_ jobs: some Sequence<Int64>) { equals.leave(jobs) }
}

/// Who waits for whom, and what becomes of them: the table alone.
struct EqualRequestTests {
    private func job(_ change: (inout Job) -> Void = { _ in }) -> Job {
        var job = Job(
            id: 1, customID: "a", source: "f", line: 1, provider: "p", model: "m", requestSHA256: "sha", request: [])
        change(&job)
        return job
    }

    private static func old(_ id: Int64) -> EarlierEnd { EarlierEnd(jobID: id, isOfThisRun: false) }

    @Test func jobsAreTheSameWhereAllThatIsAskedIs() {
        let key = RequestKey(of: job())
        #expect(key == RequestKey(of: job { ($0.id, $0.customID, $0.source, $0.line) = (2, "b", "g", nil) }))
        #expect(key == RequestKey(of: job { $0.request = [1] }))
        let others = [
            job { $0.provider = "q" }, job { $0.model = "n" }, job { $0.requestSHA256 = "sha2" },
            job { $0.check = Array("{}".utf8) }, job { $0.check = [] }, job { $0.sample = 1 }, job { $0.sample = 2 },
            // What one field ends with is not what the next begins with.
            job { ($0.provider, $0.model) = ("pm", "") }, job { ($0.model, $0.requestSHA256) = ("ms", "ha") },
        ].map { RequestKey(of: $0) }
        #expect(Set(others + [key]).count == others.count + 1)
    }

    @Test func theFirstIsSentAndTheOthersWaitForItsEnd() throws {
        let key = RequestKey(of: job())
        let equals = Table()
        #expect(equals.isUnknown(key))
        #expect(equals.place(1, key, earlier: nil) == .sends)
        #expect(!equals.isUnknown(key))
        #expect(equals.place(2, key, earlier: nil) == .waits)
        #expect(equals.place(3, key, earlier: Self.old(9)) == .waits)
        // Jobs come again: the one that is sent as a retry, those that wait out of their turn.
        #expect(equals.place(1, key, earlier: nil) == .sends)
        #expect(equals.place(2, key, earlier: nil) == .waits)
        equals.end(1, isFailed: false)
        #expect(equals.releasedCount == 2)
        var first = try #require(equals.takeReleased())
        #expect(first.jobs == [2, 3] && first.end == 1 && first.key == key && !first.isEarlier)
        // Until it has taken the end it is not placed anew.
        #expect(equals.place(2, key, earlier: nil) == .waits && equals.releasedCount == 0)
        first.jobs = first.jobs.dropFirst()
        equals.putBack(first)
        equals.leave([2])
        let second = equals.takeReleased()
        #expect(second?.jobs == [3] && equals.releasedCount == 0)
        #expect(equals.takeReleased() == nil)
        // Whoever comes later asks the store, which has the answer by now.
        #expect(equals.isUnknown(key))
        #expect(equals.place(4, key, earlier: Self.old(1)) == .waits)
        #expect(equals.takeReleased()?.isEarlier == true)
    }

    @Test func whatFailedInThisRunFailsThoseThatComeLater() {
        let key = RequestKey(of: job())
        let equals = Table()
        _ = equals.place(1, key, earlier: nil)
        equals.end(1, isFailed: true)
        #expect(!equals.isUnknown(key) && equals.releasedCount == 0)
        #expect(equals.place(2, key, earlier: nil) == .waits)
        #expect(equals.takeReleased()?.end == 1)
    }

    @Test func withoutTheOneThatWasSentOthersGoOn() throws {
        let key = RequestKey(of: job())
        let equals = Table()
        for id in 1...3 as ClosedRange<Int64> { _ = equals.place(id, key, earlier: nil) }
        equals.giveUp(2)
        #expect(equals.releasedCount == 0)
        equals.giveUp(1)
        var release = try #require(equals.takeReleased())
        #expect(release.jobs == [2, 3] && release.end == nil)
        #expect(!equals.join(release))
        equals.leave([2])
        #expect(equals.place(2, key, earlier: nil) == .sends)
        release.jobs = [3]
        #expect(equals.join(release))
        equals.end(2, isFailed: true)
        #expect(equals.takeReleased()?.jobs == [3])
        // Who comes late is given the end of the one that failed.
        release.jobs = [4]
        #expect(equals.join(release))
        #expect(equals.takeReleased()?.end == 2)
    }

    /// It is asked for once, and then stands for all that come later.
    @Test func anEarlierAnswerThatIsNotRightIsNotOfferedAgain() throws {
        let key = RequestKey(of: job())
        let equals = Table()
        for id in 1...3 as ClosedRange<Int64> { _ = equals.place(id, key, earlier: Self.old(9)) }
        var release = try #require(equals.takeReleased())
        #expect(release.jobs == [1, 2, 3] && release.isEarlier)
        var rest = release
        (release.jobs, rest.jobs) = ([1], [2, 3])
        equals.putBack(rest)
        equals.refuse(release)
        #expect(!equals.isUnknown(key))
        while let release = equals.takeReleased() {
            #expect(release.end == nil)
            if equals.join(release) { continue }
            equals.leave(release.jobs)
            for id in release.jobs { _ = equals.place(id, key, earlier: nil) }
        }
        equals.end(1, isFailed: false)
        #expect(!equals.isUnknown(key) && equals.releasedCount == 2)
        #expect(equals.place(4, key, earlier: Self.old(9)) == .waits)
        var ends: Set<Int64?> = []
        while let release = equals.takeReleased() { ends.insert(release.end) }
        #expect(ends == [1])
    }

    /// What this run has taken is not asked again whether it is right.
    @Test func anAnswerOfThisRunIsNotJudgedAgain() {
        let key = RequestKey(of: job())
        let equals = Table()
        #expect(equals.place(1, key, earlier: EarlierEnd(jobID: 9, isOfThisRun: true)) == .waits)
        #expect(equals.takeReleased()?.isEarlier == false)
    }

    /// A job that is read again with another request leaves nobody waiting.
    @Test func aJobThatAsksSomethingElseByNowIsNotWaitedFor() {
        let (old, new) = (RequestKey(of: job()), RequestKey(of: job { $0.requestSHA256 = "new" }))
        let equals = Table()
        _ = equals.place(1, old, earlier: nil)
        _ = equals.place(2, old, earlier: nil)
        #expect(equals.place(1, new, earlier: nil) == .sends)
        let release = equals.takeReleased()
        #expect(release?.jobs == [2] && release?.end == nil && equals.isUnknown(old))
        // Also where others ask that already.
        _ = equals.place(5, old, earlier: nil)
        _ = equals.place(6, old, earlier: nil)
        #expect(equals.place(5, new, earlier: nil) == .waits)
        #expect(equals.takeReleased()?.jobs == [6])
    }
}
