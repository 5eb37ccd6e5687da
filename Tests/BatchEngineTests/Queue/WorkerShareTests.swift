import LLMStreaming
import Synchronization
import Testing

@testable import BatchEngine

/// One worker's part of its providers' limits: how it is typed, and that a run's limiters follow it at once.
struct WorkerShareTests {
    @Test(arguments: [
        ("1", 1.0, "1/1"), ("1/1", 1, "1/1"), ("1/16", 1.0 / 16, "1/16"), ("0.25", 0.25, "1/4"), (".5", 0.5, "1/2"),
        ("1/3", 1.0 / 3, "1/3"), ("3/16", 0.1875, "0.1875"), ("1/1000000", 1e-6, "1/1000000"), ("0.7", 0.7, "0.7"),
        ("0.00003", 3e-5, "0.00003"), ("0.0000325", 3.25e-5, "0.0000325"),
    ])
    func itIsReadAsItIsTyped(typed: String, part: Double, text: String) {
        #expect(WorkerShare(typed)?.part == part)
        #expect(WorkerShare(typed)?.text == text)
        // What is stored is read again.
        #expect(WorkerShare(text)?.part == part)
    }

    @Test(arguments: [
        "", "0", "2", "1.0001", "1/0", "0/4", "5/4", "-1", "+1", "nan", "inf", "1/3/5", "1/", "/4", "1 / 4", "1e-2",
        "0x1",
        "1/1000001", "1/99999999999999999999", "0.0000001", ".", "1..2", "1/2.5",
    ])
    func whatLiesOutsideIsNone(typed: String) { #expect(WorkerShare(typed) == nil) }

    @Test(arguments: [0.0, -0.5, 1.5, .nan, .infinity, 1e-9])
    func noNumberOutsideIsOne(part: Double) {
        #expect(WorkerShare(part) == nil)
        #expect(WorkerShare(workers: 0) == nil)
    }

    private let size = RequestSize(inputTokens: 50, outputTokens: 50)

    @Test func aBucketHoldsTheWorkersShareOfTheRate() throws {
        var rates = RateBuckets(share: try #require(WorkerShare(workers: 4)))
        let isOther = rates.set(.requests, perMinute: 240, at: .zero)
        #expect(isOther && rates.perMinute(.requests) == 60)
        rates.take(size, at: .zero)
        #expect(rates.wait(for: size, at: .zero)?.time == .seconds(1))
        // A rate that is told again is no other one.
        let isOtherAgain = rates.set(.requests, perMinute: 240, at: .zero)
        #expect(!isOtherAgain)
    }

    @Test func aRateThatHeadersTellIsOfAllWorkers() throws {
        var rates = RateBuckets(share: try #require(WorkerShare(workers: 4)))
        let limit = RateLimit(.tokens, window: .seconds(60), limit: 240, remaining: 200)
        let changes = rates.learn(RateLimitReport([limit]), at: .zero)
        #expect(changes.map(\.1) == [240])
        #expect(rates.perMinute(.tokens) == 60)
        // A request of 100 tokens is not too large for a minute of all.
        #expect(!rates.isExceeded(by: size))
        #expect(rates.isExceeded(by: RequestSize(inputTokens: 200, outputTokens: 50)))
    }

    @Test func aWorkerKeepsItsShareOfWhatIsLeftAndOneRequestWhereAnyIs() throws {
        func milliseconds(after left: Int) throws -> Int64 {
            var rates = RateBuckets(share: try #require(WorkerShare(workers: 4)))
            _ = rates.set(.requests, perMinute: 4800, at: .zero)
            let limit = RateLimit(.requests, window: .seconds(60), limit: 4800, remaining: left)
            _ = rates.learn(RateLimitReport([limit]), at: .seconds(10))
            for _ in 0..<10 { rates.take(size, at: .seconds(10)) }
            return (rates.wait(for: size, at: .seconds(10))?.time ?? .zero).wholeMilliseconds
        }
        // It gives 20 a second, and holds 40: ten of what it keeps are taken, and one more is asked for.
        #expect(try milliseconds(after: 44) == 0)
        #expect(try milliseconds(after: 40) == 50)
        #expect(try milliseconds(after: 3) == 500)
        #expect(try (550...551).contains(milliseconds(after: 0)))
    }

    @Test func workersThatBeginTogetherComeEvenly() throws {
        let share = try #require(WorkerShare(workers: 4))
        let waits = [0.0, 0.25, 0.5, 0.75].map { phase -> Duration in
            var rates = RateBuckets(share: share, phase: phase)
            _ = rates.set(.requests, perMinute: 240, at: .zero)
            return rates.wait(for: size, at: .zero)?.time ?? .zero
        }
        // One of its own a second: the four are a quarter of what is left of it apart.
        #expect(
            waits == [
                .milliseconds(750), .milliseconds(562) + .microseconds(500), .milliseconds(375),
                .milliseconds(187) + .microseconds(500),
            ])
    }

    @Test func aShareThatChangesHoldsFromThenOn() throws {
        var limiter = RequestLimiter(bound: 10, share: try #require(WorkerShare(workers: 16)))
        _ = limiter.rates.set(.requests, perMinute: 960, at: .zero)
        limiter.start(1, size, at: .zero)
        #expect(limiter.decision(on: size, at: .zero) == .later(.seconds(1), .rate(.requests)))
        // Half a request is there already, and eleven of sixteen workers are gone.
        limiter.set(try #require(WorkerShare(workers: 5)), at: .milliseconds(500))
        #expect(
            limiter.decision(on: size, at: .milliseconds(500)) == .later(.microseconds(656_250), .rate(.requests)))
        limiter.set(try #require(WorkerShare(workers: 16)), at: .milliseconds(500))
        #expect(limiter.decision(on: size, at: .milliseconds(500)) == .later(.seconds(1), .rate(.requests)))
    }

    @Test func aLearntRateFollowsTheShareToo() throws {
        var limiter = RequestLimiter(bound: 20, share: try #require(WorkerShare(workers: 4)))
        limiter.takeEightOfEleven(size)
        limiter.start(12, size, at: .seconds(8))
        limiter.succeeded(12, after: .seconds(1), at: .seconds(9))
        limiter.release(12, at: .seconds(9))
        // Nine were taken in nine seconds: that is this worker's share already.
        #expect(limiter.decision(at: .seconds(9)) == .later(.seconds(10), .evenPace))
        limiter.set(try #require(WorkerShare(workers: 2)), at: .seconds(9))
        #expect(limiter.decision(at: .seconds(9)) == .later(.milliseconds(9500), .evenPace))
        limiter.set(try #require(WorkerShare(workers: 8)), at: .seconds(9))
        #expect(limiter.decision(at: .seconds(9)) == .later(.seconds(11), .evenPace))
    }

    @Test func whoeverFollowsIsToldOfAnotherShareOnly() throws {
        let half = try #require(WorkerShare(workers: 2))
        let current = CurrentShare()
        let count = Atomic(0)
        current.follow { count.add(1, ordering: .relaxed) }
        current.set(.whole)
        current.set(half)
        current.set(half)
        #expect(count.load(ordering: .relaxed) == 1)
        #expect(current.value == half)
    }
}
