import BatchEngine
import LLMStreaming
import Testing

@testable import llm4s_batch

/// The progress of a run as a terminal shows it.
struct ProgressLineTests {
    private static let now: Int64 = 1_800_000_000_000
    private let line = ProgressLine(total: 3_000, jobsPerSecond: 2, tokensPerSecond: 1_234)

    private var refused: RunSnapshot {
        var snapshot = RunSnapshot()
        (snapshot.completed, snapshot.failed, snapshot.waiting) = (12, 1, 1)
        snapshot.waitingFor = .rateLimit
        snapshot.nextDueMilliseconds = Self.now + 19_000
        snapshot.waits = [
            RunWait(name: "mock", reason: .pause(isOverload: false), untilMilliseconds: Self.now + 17_000)
        ]
        return snapshot
    }

    @Test(arguments: [60, 80, 120, 200])
    func whatHoldsTheRunUpIsThereAtEveryWidth(width: Int) {
        let bar = line.bar(refused, now: Self.now, width: width - 1)
        #expect(bar.count < width, "\(bar)")
        #expect(bar.contains("0 % 13/3,000 · 1 failed · mock waits for rate limit, 17 s"), "\(bar)")
        #expect(bar.contains("░") == (width >= 80), "\(bar)")
    }

    /// The same words as those of `status`: both ask `WaitWords`.
    @Test func theLineHasTheWordsOfStatus() {
        let text = line.text(refused, now: Self.now)
        #expect(text.contains(WaitWords.text("mock", "rate limit", 17, nil)), "\(text)")
        #expect(text.contains("1 job waits for another attempt after rate_limit, the next in 19 s"), "\(text)")
        #expect(
            WaitWords.retries(2, of: "mock", after: "rate_limit", in: -3)
                == "2 jobs of mock wait for another attempt after rate_limit, the next in 0 s")
    }

    @Test func openStreamsComeBeforeWhatOthersWaitFor() {
        var snapshot = refused
        snapshot.running = 24
        let bar = line.bar(snapshot, now: Self.now, width: 119)
        #expect(bar.contains("24 open · 1,234 tokens/s · mock waits for "), "\(bar)")
    }
}
