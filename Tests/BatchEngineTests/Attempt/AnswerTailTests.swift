import LLMStreaming
import Testing

@testable import BatchEngine

/// What ends an answer is kept back until its completion is stored with it (The database, "Writing").
struct AnswerTailTests {
    private static func text(_ text: String, choice: Int = 0) -> StreamedChunk {
        StreamedChunk(.text, text, choice: choice)
    }

    private static let usage = StreamedChunk(.usage, "{}")
    private static let cursor = StreamedChunk(.cursor, "conversation 9 c")

    private static func finish(_ choice: Int = 0) -> StreamedChunk { StreamedChunk(.finish, "stop", choice: choice) }

    /// The reads that pass, and those kept back, by their numbers.
    private func run(_ reads: [[StreamedChunk]]) -> (passed: [Int], held: [Int]) {
        var tail = AnswerTail()
        var passed: [Int] = []
        for (number, chunks) in reads.enumerated() {
            tail.take(AnswerTail.Read(chunks, sequence: number, atMicroseconds: 0)) { passed.append($0.sequence) }
        }
        return (passed, tail.reads.map(\.sequence))
    }

    @Test func theReadThatEndsTheAnswerAndWhatFollowsAreKeptBack() {
        let run = run([
            [Self.text("a"), Self.cursor], [Self.text("b"), Self.finish(), Self.cursor], [Self.usage, Self.cursor],
        ])
        #expect(run == ([0], [1, 2]))
    }

    @Test func theEndOfOneChoiceOfSeveralIsNotTheEnd() {
        let run = run([
            [Self.text("a")], [Self.finish(0)], [Self.usage], [Self.text("b", choice: 1)], [Self.finish(1)],
        ])
        #expect(run == ([0, 1, 2, 3], [4]))
    }

    @Test func anAnswerInOneReadIsKeptBackWhole() {
        #expect(run([[Self.text("a"), Self.finish(), Self.usage]]) == ([], [0]))
    }

    @Test func whatNeverEndsIsNotKeptBackForEver() {
        let run = run([[Self.finish()]] + Array(repeating: [Self.usage], count: 40))
        #expect(run.held.count < 40)
        #expect((run.passed + run.held) == Array(0...40))
    }
}
