import Testing

@testable import BatchEngine

/// Pauses, probes and the number of streams.
struct RequestLimiterTests {
    private let size = RequestSize(inputTokens: 1, outputTokens: 1)

    @Test func afterAnOverloadOneProbeGoesOutAndThenOthersEvenly() {
        var limiter = RequestLimiter(bound: 10)
        for job in 1...10 { limiter.start(Int64(job), size, at: .zero) }
        limiter.succeeded(1, after: .seconds(2), at: .seconds(2))
        limiter.release(1, at: .seconds(2))
        for job in 2...10 {
            limiter.refused(
                Int64(job), started: .zero, sentSince: 9, asked: .seconds(8), isOverload: true, pausesUnasked: true,
                at: .seconds(2))
            limiter.release(Int64(job), at: .seconds(2))
        }
        #expect(limiter.decision(at: .seconds(9)) == .later(.seconds(10), .pause(isOverload: true)))
        #expect(limiter.decision(at: .seconds(10)) == .now)
        limiter.start(11, size, at: .seconds(10))
        #expect(limiter.decision(at: .seconds(10)) == .later(.seconds(20), .probe))
        // One that is silent is followed by another.
        #expect(limiter.decision(at: .seconds(20)) == .now)
        limiter.answered(11, at: .seconds(11))
        // Nine were open when the refusal came; half of them may be now, over the two seconds that one lasts.
        #expect(limiter.window.streams(at: .seconds(11)) == 4)
        #expect(limiter.decision(at: .seconds(11)) == .later(.milliseconds(11_500), .evenPace))
        limiter.start(12, size, at: .milliseconds(11_500))
        #expect(limiter.decision(at: .milliseconds(11_500)) == .later(.seconds(12), .evenPace))
    }

    @Test func afterRefusalsForTheirRateRequestsComeAtTheRateThatWasTaken() {
        var limiter = RequestLimiter(bound: 20)
        limiter.takeEightOfEleven(size)
        #expect(limiter.decision(at: .seconds(8)) == .now)
        limiter.start(12, size, at: .seconds(8))
        // Where no refusal comes for four times as long as one took before, none comes.
        #expect(limiter.decision(at: .seconds(8)) == .later(.seconds(12), .probe))
        limiter.succeeded(12, after: .seconds(1), at: .seconds(9))
        limiter.release(12, at: .seconds(9))
        // Nine were taken in nine seconds.
        #expect(limiter.decision(at: .seconds(9)) == .later(.seconds(10), .evenPace))
        #expect(limiter.decision(at: .seconds(10)) == .now)
        // Two were open when the refusals came; that rate has three and a half streams open.
        #expect(limiter.window.streams(at: .seconds(10)) == 3)
    }

    @Test(arguments: [1, 10])
    func aRefusalThatStandsAlonePausesAndThenAllIsAsBefore(sentSince: Int) {
        var limiter = RequestLimiter(bound: 10)
        for job in 1...10 { limiter.start(Int64(job), size, at: .zero) }
        limiter.refused(
            1, started: .zero, sentSince: sentSince, asked: .seconds(7), isOverload: true, pausesUnasked: true,
            at: .seconds(1))
        limiter.release(1, at: .seconds(1))
        for job in 2...10 {
            limiter.succeeded(Int64(job), after: .seconds(2), at: .seconds(2))
            limiter.release(Int64(job), at: .seconds(2))
        }
        #expect(limiter.decision(at: .seconds(7)) == .later(.seconds(8), .pause(isOverload: true)))
        limiter.start(11, size, at: .seconds(8))
        limiter.answered(11, at: .seconds(9))
        #expect(limiter.window.streams(at: .seconds(9)) == 10)
        // Ten streams of two seconds each.
        #expect(limiter.decision(at: .seconds(9)) == .later(.milliseconds(9200), .evenPace))
    }

    @Test func refusalsByChanceTeachNoRate() {
        var limiter = RequestLimiter(bound: 10)
        for job in 1...10 { limiter.start(Int64(job), size, at: .zero) }
        limiter.refused(
            1, started: .zero, sentSince: 10, asked: .seconds(7), isOverload: false, pausesUnasked: true,
            at: .seconds(1))
        limiter.release(1, at: .seconds(1))
        #expect(limiter.neededStreams(at: .seconds(1)) == nil)
        limiter.start(11, size, at: .seconds(8))
        limiter.succeeded(11, after: .seconds(2), at: .seconds(10))
        #expect(limiter.window.streams(at: .seconds(10)) == 10 && limiter.neededStreams(at: .seconds(10)) == nil)
    }

    @Test func aProbeThatIsNotRefusedInTimeOpensTheGateForAll() {
        var limiter = RequestLimiter(bound: 10)
        limiter.start(1, size, at: .zero)
        limiter.refused(
            1, started: .zero, sentSince: 1, asked: .seconds(2), isOverload: false, pausesUnasked: true,
            at: .milliseconds(100))
        limiter.release(1, at: .milliseconds(100))
        limiter.start(2, size, at: .seconds(3))
        #expect(limiter.decision(at: .milliseconds(3500)) == .later(.seconds(4), .probe))
        limiter.start(3, size, at: .seconds(4))
        #expect(!limiter.isProbeDue)
    }

    @Test func refusalsOfOneRoundLowerTheWidthOnce() {
        var window = ConcurrencyWindow(bound: 64)
        let lowers = (0..<64).map { _ in window.refuse(running: 64, started: .zero, at: .seconds(1)) }
        #expect(lowers == [true] + Array(repeating: false, count: 63))
        #expect(window.streams(at: .seconds(1)) == 32)
        let isLowered = window.refuse(running: 32, started: .seconds(2), at: .seconds(3))
        #expect(isLowered)
        #expect(window.streams(at: .seconds(3)) == 16)
    }

    @Test func theWidthComesBackToItsBoundAndNotBeyond() {
        var window = ConcurrencyWindow(bound: 64)
        _ = window.refuse(running: 64, started: .zero, at: .seconds(1))
        for _ in 0..<1000 { window.succeed(meanSeconds: 1, at: .seconds(1)) }
        #expect(window.streams(at: .seconds(1)) == 64)
        var narrow = ConcurrencyWindow(bound: 1)
        _ = narrow.refuse(running: 1, started: .zero, at: .seconds(1))
        #expect(narrow.streams(at: .seconds(1)) == 1)
    }

    /// In the time that five answers take, 20 s at least, and a minute while none has come.
    @Test(arguments: [(nil, 60), (0.1, 20), (1, 20), (30, 150)] as [(Double?, Int)])
    func theWidthGrowsWithTimeAlone(meanSeconds: Double?, seconds: Int) {
        var window = ConcurrencyWindow(bound: 400)
        if let meanSeconds { window.succeed(meanSeconds: meanSeconds, at: .zero) }
        _ = window.refuse(running: 2, started: .zero, at: .seconds(10))
        let windows = (0...seconds).map { window.streams(at: .seconds(10 + $0)) }
        #expect(windows[0] == 1)
        #expect(zip(windows, windows.dropFirst()).allSatisfy { $0 <= $1 })
        // Carefully first: half of the time brings an eighth of the window.
        #expect(windows[seconds / 2] <= 51)
        #expect(windows[seconds - 1] < 400 && windows[seconds] == 400)
        _ = window.refuse(running: 400, started: .seconds(11), at: .seconds(10 + seconds))
        #expect(window.streams(at: .seconds(10 + seconds)) == 200)
    }

    @Test func silentStreamsHoldTheUsersBoundAndNotWhatRefusalsHaveLeft() {
        var limiter = RequestLimiter(bound: 6)
        for job in 1...4 { limiter.start(Int64(job), size, at: .zero) }
        limiter.refused(
            1, started: .zero, sentSince: 1, asked: nil, isOverload: true, pausesUnasked: false, at: .milliseconds(1))
        limiter.release(1, at: .milliseconds(1))
        #expect(limiter.decision(at: .milliseconds(1)) == .held(.refusals))
        #expect(limiter.limit(at: .milliseconds(1)) == StreamLimit(streams: 2))
        for _ in 0..<3 { limiter.silent.add(since: .seconds(1)) }
        #expect(limiter.decision(at: .seconds(12)) == .now)
        #expect(limiter.limit(at: .seconds(12)) == StreamLimit(streams: 5, silent: 3, silentSeconds: 11))
        for job in 5...6 { limiter.start(Int64(job), size, at: .seconds(12)) }
        #expect(limiter.decision(at: .seconds(12)) == .held(.refusals))
        // A refusal halves what is open and not silent.
        limiter.refused(
            5, started: .seconds(12), sentSince: 1, asked: nil, isOverload: true, pausesUnasked: false,
            at: .seconds(13))
        limiter.release(5, at: .seconds(13))
        #expect(limiter.limit(at: .seconds(13)) == StreamLimit(streams: 4, silent: 3, silentSeconds: 12))
        limiter.silent.add(since: .seconds(12))
        limiter.start(7, size, at: .seconds(30))
        #expect(limiter.decision(at: .seconds(30)) == .held(.refusals))
        limiter.start(8, size, at: .seconds(30))
        #expect(limiter.decision(at: .seconds(30)) == .held(.concurrency))
    }

    @Test func pausesThatNobodyAskedForGrow() {
        var limiter = RequestLimiter(bound: 10)
        var now = Duration.zero
        for seconds in [1, 2] + Array(repeating: 4, count: 10) + [8, 16, 32, 60, 60] {
            limiter.start(1, size, at: now)
            limiter.refused(
                1, started: now, sentSince: 1, asked: nil, isOverload: false, pausesUnasked: true, at: now + .seconds(1)
            )
            limiter.release(1, at: now + .seconds(1))
            let end = now + .seconds(1 + seconds)
            #expect(limiter.decision(at: now + .seconds(1)) == .later(end, .pause(isOverload: false)))
            now = end
        }
    }
}

extension RequestLimiter {
    /// Starts eleven requests at once, of which eight are taken and three refused for their rate after a second.
    mutating func takeEightOfEleven(_ size: RequestSize) {
        for job in 1...11 { start(Int64(job), size, at: .zero) }
        for job in 1...11 {
            if job <= 8 {
                succeeded(Int64(job), after: .seconds(1), at: .seconds(1))
            } else {
                refused(
                    Int64(job), started: .zero, sentSince: 3, asked: .seconds(7), isOverload: false,
                    pausesUnasked: true, at: .seconds(1))
            }
            release(Int64(job), at: .seconds(1))
        }
    }
}
