import Testing

@testable import BatchEngine

/// In which order a model's jobs are taken, and when the store is asked for more.
struct ModelQueueTests {
    @Test func retriesAndNewJobsTakeTurns() {
        var queue = ModelQueue()
        queue.add(due: jobs(7, 8, 9), next: nil)
        queue.add(fresh: jobs(1, 2))
        #expect(take(&queue) == [7, 1, 8, 2, 9])
        #expect(queue.cursor == 2)
    }

    @Test func whatIsReadIsTakenBeforeTheStoreIsAskedAgain() {
        var queue = ModelQueue()
        #expect(queue.needsReading(at: 0))
        queue.add(due: [], next: nil)
        queue.add(fresh: jobs(1))
        #expect(!queue.needsReading(at: 0))
        #expect(take(&queue) == [1])
        #expect(queue.needsReading(at: 0))
        queue.add(fresh: [])
        #expect(!queue.needsReading(at: .max))
        queue.refresh()
        #expect(queue.needsReading(at: 0))
    }

    @Test func aWaitingJobIsReadOnceItIsDue() {
        var queue = ModelQueue()
        queue.add(fresh: [])
        queue.add(due: [], next: 500)
        #expect(queue.nextDueTime == 500)
        #expect(!queue.needsReading(at: 499))
        #expect(queue.needsReading(at: 500))
        queue.add(due: jobs(3), next: nil)
        #expect(take(&queue) == [3])
        // Whether others are due is not known before the store is asked.
        #expect(queue.needsReading(at: 0))
    }

    @Test func aJobThatEndsMayHaveLeftOthersDue() {
        var queue = ModelQueue()
        queue.add(due: [], next: nil)
        queue.add(fresh: [])
        #expect(!queue.needsReading(at: 0))
        queue.finish(4, waitsUntil: 9)
        #expect(queue.waiting == [4])
        #expect(queue.needsReading(at: 0))
        let wasTried = (queue.begin(4), queue.begin(5))
        #expect(wasTried == (true, false))
        #expect(queue.waiting.isEmpty)
    }

    /// What the store told is older than the end of the job.
    @Test func aJobThatEndsWhileTheStoreIsAskedIsAskedForAgain() {
        var queue = ModelQueue()
        queue.add(fresh: [])
        queue.ask()
        queue.finish(4, waitsUntil: 9)
        queue.add(due: [], next: nil)
        #expect(queue.needsReading(at: 9))
        queue.ask()
        queue.add(due: [], next: nil)
        #expect(!queue.needsReading(at: .max))
    }

    @Test func retriesComeByTheirTimesHoweverTheyAreAdded() {
        var queue = ModelQueue()
        queue.finish(1, waitsUntil: 70)
        let begins = (queue.keepRetries(), queue.keepRetries())
        #expect(begins == (true, false))
        for (id, due) in [(2, 30), (3, 50), (4, 10), (5, 30), (6, 90)] {
            queue.finish(Int64(id), waitsUntil: Int64(due))
        }
        queue.add([RetryTimes.Retry(jobID: 1, due: 70)])
        #expect(queue.retries?.next == 10)
        #expect(queue.takeDueRetries(at: 9, limit: 9).isEmpty)
        #expect(queue.takeDueRetries(at: 70, limit: 1).map(\.jobID) == [4])
        let due = queue.takeDueRetries(at: 70, limit: 9)
        #expect(due.map(\.due) == [30, 30, 50, 70])
        #expect(Set(due.map(\.jobID)) == [2, 5, 3, 1])
        #expect(queue.retries?.next == 90)
    }

    @Test func othersAreLookedForOnceUntilMoreMayBeStored() {
        var queue = ModelQueue()
        var looks = [queue.looksForOthers(), queue.looksForOthers()]
        queue.refresh()
        looks += [queue.looksForOthers(), queue.looksForOthers()]
        #expect(looks == [true, false, true, false])
    }

    private func jobs(_ ids: Int64...) -> [Job] {
        ids.map { id in
            Job(
                id: id, customID: "\(id)", source: "", line: 1, provider: "a", model: "m", requestSHA256: "",
                request: [])
        }
    }

    private func take(_ queue: inout ModelQueue) -> [Int64] {
        var ids: [Int64] = []
        while let job = queue.take()?.job { ids.append(job.id) }
        return ids
    }
}

extension ModelQueue {
    /// Adds the next jobs that never waited, as the store hands them out; none where there are no more.
    fileprivate mutating func add(fresh jobs: [Job]) { add(next: note(read: jobs)) }
}
