import Testing

@testable import BatchEngine

/// Which jobs a run takes up, which it holds, which it leaves alone.
struct AdmissionWindowTests {
    @Test func retriesGoFirstAndEachJobIsHandedOutOnce() {
        var window = AdmissionWindow(maximumJobs: nil)
        window.add(due: jobs(8, 9), fresh: jobs(1, 2))
        #expect(take(&window) == [8, 9, 1, 2])
        #expect(window.inWork == 4)
        #expect(window.excluded == [8, 9, 1, 2])
        #expect(window.cursor == 2)
    }

    @Test func aJobInWorkIsNotHandedOutAgainBetweenTwoTries() {
        var window = AdmissionWindow(maximumJobs: nil)
        window.add(due: jobs(5), fresh: [])
        #expect(take(&window) == [5])
        window.add(due: [], fresh: jobs(5, 6))
        #expect(take(&window) == [6])
    }

    @Test func aWaitingJobIsCountedUntilItIsTakenAgain() {
        var window = AdmissionWindow(maximumJobs: nil)
        window.add(due: [], fresh: jobs(1, 2))
        _ = take(&window)
        window.finish(1, waits: true)
        window.finish(2, waits: false)
        #expect(window.waiting == [1])
        #expect(window.excluded.isEmpty)
        #expect(window.inWork == 0)
        window.add(due: jobs(1), fresh: [])
        #expect(take(&window) == [1])
        #expect(window.waiting.isEmpty)
    }

    @Test func aStoppedProvidersJobsAreLeftAlone() {
        var window = AdmissionWindow(maximumJobs: nil)
        window.stop("b", reason: "no key")
        window.stop("b", reason: "later")
        window.add(due: jobs(1) + jobs(2, provider: "b"), fresh: jobs(3, provider: "b") + jobs(4))
        #expect(take(&window) == [1, 4])
        // A waiting one would be handed out again; the others are behind the cursor.
        #expect(window.excluded == [1, 2, 4])
        #expect(window.stoppedProviders == ["b": "no key"])
        #expect(!window.isOverMaximum)
        #expect(window.leavesJobsAlone)
    }

    @Test func noMoreThanTheMaximumAreTakenUpButTheirRetriesAre() {
        var window = AdmissionWindow(maximumJobs: 2)
        window.add(due: [], fresh: jobs(1, 2))
        #expect(take(&window) == [1, 2])
        #expect(!window.isOverMaximum)
        window.finish(1, waits: true)
        window.add(due: jobs(1, 8), fresh: jobs(3))
        #expect(take(&window) == [1])
        #expect(window.isOverMaximum)
        #expect(window.excluded == [1, 2, 8])
    }

    @Test func waitingJobsAreLeftAloneUpToTheFirstThatIsNot() {
        var window = AdmissionWindow(maximumJobs: 1)
        window.add(due: [], fresh: jobs(3))
        _ = take(&window)
        window.finish(3, waits: true)
        let all = window.leaves(jobs(1, 2, 3, 4))
        #expect(!all)
        #expect(window.excluded == [1, 2])
        let others = window.leaves(jobs(4, 5))
        #expect(others)
        #expect(window.excluded == [1, 2, 4, 5])
    }

    private func jobs(_ ids: Int64..., provider: String = "a") -> [Job] {
        ids.map { id in
            Job(
                id: id, customID: "\(id)", source: "", line: 1, provider: provider, model: "m", requestSHA256: "",
                request: [])
        }
    }

    private func take(_ window: inout AdmissionWindow) -> [Int64] {
        var ids: [Int64] = []
        while let job = window.take() { ids.append(job.id) }
        return ids
    }
}
