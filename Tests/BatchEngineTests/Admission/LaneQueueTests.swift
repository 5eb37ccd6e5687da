import Testing

@testable import BatchEngine

/// In which order a lane's jobs are taken, and when the store is asked for more.
struct LaneQueueTests {
    @Test func retriesAndNewJobsTakeTurns() {
        var queue = LaneQueue()
        queue.add(due: jobs(7, 8, 9), next: nil)
        queue.add(fresh: jobs(1, 2))
        #expect(take(&queue) == [7, 1, 8, 2, 9])
        #expect(queue.cursor == 2)
    }

    @Test func whatIsReadIsTakenBeforeTheStoreIsAskedAgain() {
        var queue = LaneQueue()
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
        var queue = LaneQueue()
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
        var queue = LaneQueue()
        queue.add(due: [], next: nil)
        queue.add(fresh: [])
        #expect(!queue.needsReading(at: 0))
        queue.finish(4, waits: true)
        #expect(queue.waiting == [4])
        #expect(queue.needsReading(at: 0))
        let wasTried = (queue.begin(4), queue.begin(5))
        #expect(wasTried == (true, false))
        #expect(queue.waiting.isEmpty)
    }

    private func jobs(_ ids: Int64...) -> [Job] {
        ids.map { id in
            Job(
                id: id, customID: "\(id)", source: "", line: 1, provider: "a", model: "m", requestSHA256: "",
                request: [])
        }
    }

    private func take(_ queue: inout LaneQueue) -> [Int64] {
        var ids: [Int64] = []
        while let job = queue.take()?.job { ids.append(job.id) }
        return ids
    }
}
