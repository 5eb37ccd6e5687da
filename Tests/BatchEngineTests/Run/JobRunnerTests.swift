import BatchEngine
import LLMStreaming
import Testing

/// What a run does with jobs that go well or fail for good.
struct JobRunnerTests {
    @Test func aRunWithoutJobsEndsAtOnce() throws {
        let run = try SimulatedRun([]) { _ in .says("never") }
        #expect(try run.finish() == .finished)
        #expect(run.source.calls.isEmpty)
        #expect(run.simulation.clock.elapsed == .zero)
    }

    @Test func everyJobIsSentOnceAndCompleted() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(500)) { call in .says("answer ", "\(call.job)") }
        #expect(try run.finish() == .finished)
        #expect(run.source.calls.map(\.job).sorted() == Array(1...500))
        #expect(run.store.count(.completed) == 500)
        #expect(run.store.history.answers[17]?.first?.choice.content == "answer 17")
        #expect(run.store.history.violations.isEmpty)
        let snapshot = try run.snapshot()
        #expect(snapshot.completed == 500)
        #expect(snapshot.attempts == 500)
        #expect(snapshot.running == 0)
        #expect(snapshot.chunks == 1000)
    }
}
