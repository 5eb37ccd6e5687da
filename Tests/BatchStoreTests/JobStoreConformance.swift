import BatchEngine
import LLMStreaming
import Testing

/// What every `JobStore` keeps to: run on SQLite here, and on any other conformer.
struct JobStoreConformance: Sendable, CustomTestStringConvertible {
    /// What the store must hold before each check, in this order, none of them sent before.
    static let jobs = newJobs(5)

    var testDescription: String
    var check: @Sendable (_ store: any JobStore) async throws -> Void

    static let all: [JobStoreConformance] = [
        JobStoreConformance(testDescription: "fresh jobs come in their order, page by page") { store in
            let first = try await store.nextJobs(for: testLane, after: 0, limit: 3)
            #expect(first.map(\.customID) == ["j1", "j2", "j3"])
            let second = try await store.nextJobs(for: testLane, after: first[2].id, limit: 3)
            #expect(second.map(\.customID) == ["j4", "j5"])
            #expect(try await store.nextJobs(for: testLane, after: second[1].id, limit: 3).isEmpty)
            #expect(first.allSatisfy { $0.attempts == 0 && $0.attemptCount == 0 && $0.partial == nil })
            #expect(first[0].request == jobs[0].request)
            #expect(first[0].requestSHA256 == jobs[0].requestSHA256)
            #expect(try await store.dueJobs(for: testLane, at: .max, limit: 9, excluding: []).isEmpty)
            #expect(try await store.nextDueTime(for: testLane, excluding: []) == nil)
        },
        JobStoreConformance(testDescription: "a job that waits comes when it is due, the longest waiting first") {
            store in
            let fresh = try await store.nextJobs(for: testLane, after: 0, limit: 9)
            for (job, until) in zip(fresh, [300, 100, 200]) {
                try await store.endAttempt(
                    cutEnd(store.startAttempt(attemptStart(of: job)), of: job, until: Int64(until)))
            }
            #expect(try await store.nextJobs(for: testLane, after: 0, limit: 9).map(\.customID) == ["j4", "j5"])
            #expect(try await store.nextDueTime(for: testLane, excluding: []) == 100)
            #expect(try await store.nextDueTime(for: testLane, excluding: [fresh[1].id]) == 200)
            #expect(try await store.dueJobs(for: testLane, at: 99, limit: 9, excluding: []).isEmpty)
            #expect(
                try await store.dueJobs(for: testLane, at: 200, limit: 9, excluding: []).map(\.customID) == [
                    "j2", "j3",
                ])
            #expect(
                try await store.dueJobs(for: testLane, at: 300, limit: 2, excluding: []).map(\.customID) == [
                    "j2", "j3",
                ])
            let running: Set<Int64> = [fresh[1].id]
            #expect(
                try await store.dueJobs(for: testLane, at: 300, limit: 2, excluding: running).map(\.customID) == [
                    "j3", "j1",
                ])
        },
        JobStoreConformance(testDescription: "waiting jobs are found by their numbers, in that order") { store in
            let fresh = try await store.nextJobs(for: testLane, after: 0, limit: 9)
            for (job, until) in zip(fresh, [300, 100, 200]) {
                try await store.endAttempt(
                    cutEnd(store.startAttempt(attemptStart(of: job)), of: job, until: Int64(until)))
            }
            let ids = fresh.map(\.id)
            let times = try await store.waitingTimes(of: [ids[0], ids[2], ids[4]], for: testLane)
            #expect(
                times == [RetryTimes.Retry(jobID: ids[2], due: 200), RetryTimes.Retry(jobID: ids[0], due: 300)])
            #expect(try await store.waitingTimes(of: [], for: testLane).isEmpty)
            let wanted = [ids[2], ids[0], ids[4], ids[1]]
            #expect(
                try await store.dueJobs(among: wanted, for: testLane, at: 300).map(\.customID) == ["j3", "j1", "j2"])
            #expect(try await store.dueJobs(among: wanted, for: testLane, at: 200).map(\.customID) == ["j3", "j2"])
            #expect(try await store.dueJobs(among: [ids[0]], for: testLane, at: 299).isEmpty)
        },
        JobStoreConformance(testDescription: "jobs that can run are found by their numbers, also those that wait") {
            store in
            let fresh = try await store.nextJobs(for: testLane, after: 0, limit: 9)
            try await store.endAttempt(
                cutEnd(store.startAttempt(attemptStart(of: fresh[0])), of: fresh[0], until: 1_000))
            try await store.endAttempt(failedEnd(store.startAttempt(attemptStart(of: fresh[1])), of: fresh[1]))
            var end = cutEnd(store.startAttempt(attemptStart(of: fresh[2])), of: fresh[2], until: nil)
            end.transition = .cancelled
            try await store.endAttempt(end)
            let wanted = [fresh[4], fresh[2], fresh[0], fresh[1]].map(\.id)
            #expect(try await store.jobs(wanted).map(\.customID) == ["j5", "j1"])
            #expect(try await store.jobs([]).isEmpty)
        },
        JobStoreConformance(testDescription: "a job that may run at once is as a fresh one") { store in
            let job = try await store.nextJobs(for: testLane, after: 0, limit: 1)[0]
            try await store.endAttempt(cutEnd(store.startAttempt(attemptStart(of: job)), of: job, until: nil))
            #expect(try await store.nextJobs(for: testLane, after: 0, limit: 1).map(\.id) == [job.id])
            #expect(try await store.dueJobs(for: testLane, at: .max, limit: 9, excluding: []).isEmpty)
        },
        JobStoreConformance(testDescription: "a job that ended does not come again") { store in
            let fresh = try await store.nextJobs(for: testLane, after: 0, limit: 2)
            let chunks = textChunks("answer") + [StreamedChunk(.finish, "stop")]
            let attemptID = store.startAttempt(attemptStart(of: fresh[0]))
            _ = store.storeChunks(chunks, of: attemptID, from: 0, atMicroseconds: 1)
            try await store.endAttempt(completedEnd(attemptID, of: fresh[0], chunks))
            try await store.endAttempt(failedEnd(store.startAttempt(attemptStart(of: fresh[1])), of: fresh[1]))
            #expect(try await store.nextJobs(for: testLane, after: 0, limit: 9).map(\.customID) == ["j3", "j4", "j5"])
            #expect(try await store.dueJobs(for: testLane, at: .max, limit: 9, excluding: []).isEmpty)
        },
        JobStoreConformance(testDescription: "attempts have numbers of their own and count where they count") { store in
            var job = try await store.nextJobs(for: testLane, after: 0, limit: 1)[0]
            var ids: Set<Int64> = []
            for counts in [true, false, true] {
                let id = store.startAttempt(attemptStart(of: job))
                #expect(ids.insert(id).inserted)
                try await store.endAttempt(cutEnd(id, of: job, counts: counts, until: 1))
                job = try #require(try await store.dueJobs(for: testLane, at: 1, limit: 1, excluding: []).first)
            }
            #expect(job.attempts == 2)
            #expect(job.attemptCount == 3)
        },
        JobStoreConformance(testDescription: "the newest text that was left goes along") { store in
            var job = try await store.nextJobs(for: testLane, after: 0, limit: 1)[0]
            var newest: Int64 = 0
            for text in ["first try", "second", ""] {
                let chunks = textChunks(text)
                let id = store.startAttempt(attemptStart(of: job, strategy: job.attemptCount > 0 ? .restart : nil))
                _ = store.storeChunks(chunks, of: id, from: 0, atMicroseconds: 1)
                try await store.endAttempt(cutEnd(id, of: job, chunks, until: 1))
                if !text.isEmpty { newest = id }
                job = try #require(try await store.dueJobs(for: testLane, at: 1, limit: 1, excluding: []).first)
            }
            #expect(job.partial?.attemptID == newest)
            #expect(job.partial?.answer.text == "second")
            #expect(job.partial?.seams == [Seam(attemptID: newest, choice: 0, kept: 6)])
        },
        JobStoreConformance(testDescription: "where text and failures came from goes along") { store in
            var job = try await store.nextJobs(for: testLane, after: 0, limit: 1)[0]
            for (text, endpoint) in [("some", "http://a"), ("", "http://b")] {
                let chunks = textChunks(text)
                let id = store.startAttempt(attemptStart(of: job, endpoint: endpoint))
                _ = store.storeChunks(chunks, of: id, from: 0, atMicroseconds: 1)
                try await store.endAttempt(cutEnd(id, of: job, chunks, until: 1))
                job = try #require(try await store.dueJobs(for: testLane, at: 1, limit: 1, excluding: []).first)
            }
            #expect(job.partial?.endpoint == "http://a")
            #expect(job.recentFailures.map(\.endpoint) == ["http://b", "http://a"])
        },
        JobStoreConformance(testDescription: "an attempt's last chunks come with its end") { store in
            let job = try await store.nextJobs(for: testLane, after: 0, limit: 1)[0]
            let chunks = textChunks("a few words") + [StreamedChunk(.finish, "stop")]
            let id = store.startAttempt(attemptStart(of: job))
            _ = store.storeChunks(Array(chunks.dropLast()), of: id, from: 0, atMicroseconds: 1)
            var end = try completedEnd(id, of: job, chunks)
            let last = AnswerTail.Read([chunks[chunks.count - 1]], sequence: chunks.count - 1, atMicroseconds: 2)
            end.tail.take(last) { _ in Issue.record("the end of an answer is not kept back") }
            try await store.endAttempt(end)
            #expect(try await !store.nextJobs(for: testLane, after: 0, limit: 9).map(\.id).contains(job.id))
        },
        JobStoreConformance(testDescription: "an empty queue has room, and says so at once") { store in
            let job = try await store.nextJobs(for: testLane, after: 0, limit: 1)[0]
            let attemptID = store.startAttempt(attemptStart(of: job))
            #expect(store.storeChunks(textChunks("a few"), of: attemptID, from: 0, atMicroseconds: 1))
            let rooms = Recorder<Bool>()
            store.whenThereIsRoom { rooms.record(true) }
            #expect(rooms.values == [true])
            try await store.endAttempt(cutEnd(attemptID, of: job))
        },
        JobStoreConformance(testDescription: "starts, chunks and ends of many jobs at once") { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for job in try await store.nextJobs(for: testLane, after: 0, limit: 5) {
                    group.addTask {
                        let chunks = textChunks("answer of \(job.customID)") + [StreamedChunk(.finish, "stop")]
                        let id = store.startAttempt(attemptStart(of: job))
                        for (sequence, chunk) in chunks.enumerated() {
                            _ = store.storeChunks([chunk], of: id, from: sequence, atMicroseconds: 1)
                        }
                        try await store.endAttempt(completedEnd(id, of: job, chunks))
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.nextJobs(for: testLane, after: 0, limit: 9).isEmpty)
        },
    ]
}
