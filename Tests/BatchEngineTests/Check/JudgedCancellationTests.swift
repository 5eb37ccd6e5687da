import LLMStreaming
import Synchronization
import Testing

@testable import BatchEngine

/// A user who cancels a job whose answer only waits for the user's program.
@Suite struct JudgedCancellationTests {
    /// A program that never answers, and what was said to it and by the user, in order.
    private final class SilentJudge: AnswerJudge {
        private enum Entry: Equatable {
            case asked(String)
            case cancelled
        }

        private struct State {
            var log: [Entry] = []
            var waiting: [String: CheckedContinuation<Void, Never>] = [:]
        }

        private let state = Mutex(State())

        func judge(_ answer: JudgedAnswer) async throws(JudgeFault) -> JudgeWord {
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    state.log.append(.asked(answer.customID))
                    state.waiting[answer.customID] = continuation
                }
            }
            throw .cancelled
        }

        /// As the user's word comes to the run.
        func giveUp(_ customID: String) {
            let waiting = state.withLock { state in
                state.log.append(.cancelled)
                return state.waiting.removeValue(forKey: customID)
            }
            waiting?.resume()
        }

        /// Whether it was asked after the user's word.
        var isAskedInVain: Bool {
            state.withLock { state in state.log.drop { $0 != .cancelled }.contains { $0 != .cancelled } }
        }
    }

    private static func job() -> Job {
        var job = SimulatedRun.jobs(1)[0]
        let choice = Completion.Choice(
            index: 0, content: "seven", toolCalls: [], finishReason: .stop, message: .string("seven"))
        job.partial = StoredPartial(attemptID: 1, answer: PartialAnswer(choices: [], contentDeltaCount: 0), seams: [])
        job.partial?.whole = [
            CompletionRecord(
                choice: choice, responseID: nil, model: nil, usage: nil, usageSource: .none,
                seams: [Seam(attemptID: 1, choice: 0, kept: 5)])
        ]
        return job
    }

    @Test(arguments: 0..<40) func nobodyIsAskedAboutAJobThatIsCancelled(steps: Int) throws {
        let judge = SilentJudge()
        let run = try SimulatedRun([Self.job()], configure: { $0.answers.judge = judge }) { _ in SimulatedAnswer() }
        let ending = run.simulation.start { [runner = run.runner] in
            async let ending = runner.run()
            for _ in 0..<steps { await Task.yield() }
            _ = await runner.cancel([1])
            return await ending
        }
        #expect(try run.simulation.finish(ending, limit: .seconds(600)) == .finished)
        #expect(!judge.isAskedInVain)
        #expect(run.source.calls.isEmpty)
    }
}
