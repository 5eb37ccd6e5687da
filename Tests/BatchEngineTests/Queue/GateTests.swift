import Testing

@testable import BatchEngine

/// Pauses, probes and the number of streams.
struct GateTests {
    private let size = RequestSize(inputTokens: 1, outputTokens: 1)

    @Test func afterAnOverloadOneProbeGoesOutAndThenOthersEvenly() {
        var gate = Gate(bound: 10)
        for job in 1...10 { gate.start(Int64(job), size, at: .zero) }
        gate.succeeded(1, after: .seconds(2), at: .seconds(2))
        gate.release(1, at: .seconds(2))
        for job in 2...10 {
            gate.refused(
                Int64(job), started: .zero, sentSince: 9, asked: .seconds(8), isOverload: true, pausesUnasked: true,
                at: .seconds(2))
            gate.release(Int64(job), at: .seconds(2))
        }
        #expect(gate.decision(at: .seconds(9)) == .later(.seconds(10), .pause(isOverload: true)))
        #expect(gate.decision(at: .seconds(10)) == .now)
        gate.start(11, size, at: .seconds(10))
        #expect(gate.decision(at: .seconds(10)) == .later(.seconds(20), .probe))
        // One that is silent is followed by another.
        #expect(gate.decision(at: .seconds(20)) == .now)
        gate.answered(11, at: .seconds(11))
        // Nine were open when the refusal came; half of them may be now, over the two seconds that one lasts.
        #expect(gate.width.streams(at: .seconds(11)) == 4)
        #expect(gate.decision(at: .seconds(11)) == .later(.milliseconds(11_500), .evenPace))
        gate.start(12, size, at: .milliseconds(11_500))
        #expect(gate.decision(at: .milliseconds(11_500)) == .later(.seconds(12), .evenPace))
    }

    @Test func afterRefusalsForTheirRateRequestsComeAtTheRateThatWasTaken() {
        var gate = Gate(bound: 20)
        for job in 1...11 { gate.start(Int64(job), size, at: .zero) }
        for job in 1...11 {
            if job <= 8 {
                gate.succeeded(Int64(job), after: .seconds(1), at: .seconds(1))
            } else {
                gate.refused(
                    Int64(job), started: .zero, sentSince: 3, asked: .seconds(7), isOverload: false,
                    pausesUnasked: true, at: .seconds(1))
            }
            gate.release(Int64(job), at: .seconds(1))
        }
        #expect(gate.decision(at: .seconds(8)) == .now)
        gate.start(12, size, at: .seconds(8))
        // Where no refusal comes for four times as long as one took before, none comes.
        #expect(gate.decision(at: .seconds(8)) == .later(.seconds(12), .probe))
        gate.succeeded(12, after: .seconds(1), at: .seconds(9))
        gate.release(12, at: .seconds(9))
        // Nine were taken in nine seconds.
        #expect(gate.decision(at: .seconds(9)) == .later(.seconds(10), .evenPace))
        #expect(gate.decision(at: .seconds(10)) == .now)
        // Two were open when the refusals came; that rate has three and a half streams open.
        #expect(gate.width.streams(at: .seconds(10)) == 3)
    }

    @Test(arguments: [1, 10])
    func aRefusalThatStandsAlonePausesAndThenAllIsAsBefore(sentSince: Int) {
        var gate = Gate(bound: 10)
        for job in 1...10 { gate.start(Int64(job), size, at: .zero) }
        gate.refused(
            1, started: .zero, sentSince: sentSince, asked: .seconds(7), isOverload: true, pausesUnasked: true,
            at: .seconds(1))
        gate.release(1, at: .seconds(1))
        for job in 2...10 {
            gate.succeeded(Int64(job), after: .seconds(2), at: .seconds(2))
            gate.release(Int64(job), at: .seconds(2))
        }
        #expect(gate.decision(at: .seconds(7)) == .later(.seconds(8), .pause(isOverload: true)))
        gate.start(11, size, at: .seconds(8))
        gate.answered(11, at: .seconds(9))
        #expect(gate.width.streams(at: .seconds(9)) == 10)
        // Ten streams of two seconds each.
        #expect(gate.decision(at: .seconds(9)) == .later(.milliseconds(9200), .evenPace))
    }

    @Test func refusalsByChanceTeachNoRate() {
        var gate = Gate(bound: 10)
        for job in 1...10 { gate.start(Int64(job), size, at: .zero) }
        gate.refused(
            1, started: .zero, sentSince: 10, asked: .seconds(7), isOverload: false, pausesUnasked: true,
            at: .seconds(1))
        gate.release(1, at: .seconds(1))
        #expect(gate.neededStreams(at: .seconds(1)) == nil)
        gate.start(11, size, at: .seconds(8))
        gate.succeeded(11, after: .seconds(2), at: .seconds(10))
        #expect(gate.width.streams(at: .seconds(10)) == 10 && gate.neededStreams(at: .seconds(10)) == nil)
    }

    @Test func aProbeThatIsNotRefusedInTimeOpensTheGateForAll() {
        var gate = Gate(bound: 10)
        gate.start(1, size, at: .zero)
        gate.refused(
            1, started: .zero, sentSince: 1, asked: .seconds(2), isOverload: false, pausesUnasked: true,
            at: .milliseconds(100))
        gate.release(1, at: .milliseconds(100))
        gate.start(2, size, at: .seconds(3))
        #expect(gate.decision(at: .milliseconds(3500)) == .later(.seconds(4), .probe))
        gate.start(3, size, at: .seconds(4))
        #expect(!gate.isProbeDue)
    }

    @Test func refusalsOfOneRoundLowerTheWidthOnce() {
        var width = StreamWidth(bound: 64)
        let lowers = (0..<64).map { _ in width.refuse(running: 64, started: .zero, at: .seconds(1)) }
        #expect(lowers == [true] + Array(repeating: false, count: 63))
        #expect(width.streams(at: .seconds(1)) == 32)
        let isLowered = width.refuse(running: 32, started: .seconds(2), at: .seconds(3))
        #expect(isLowered)
        #expect(width.streams(at: .seconds(3)) == 16)
    }

    @Test func theWidthComesBackToItsBoundAndNotBeyond() {
        var width = StreamWidth(bound: 64)
        _ = width.refuse(running: 64, started: .zero, at: .seconds(1))
        for _ in 0..<1000 { width.succeed(meanSeconds: 1, at: .seconds(1)) }
        #expect(width.streams(at: .seconds(1)) == 64)
        var narrow = StreamWidth(bound: 1)
        _ = narrow.refuse(running: 1, started: .zero, at: .seconds(1))
        #expect(narrow.streams(at: .seconds(1)) == 1)
    }

    /// In the time that five answers take, 20 s at least, and a minute while none has come.
    @Test(arguments: [(nil, 60), (0.1, 20), (1, 20), (30, 150)] as [(Double?, Int)])
    func theWidthGrowsWithTimeAlone(meanSeconds: Double?, seconds: Int) {
        var width = StreamWidth(bound: 400)
        if let meanSeconds { width.succeed(meanSeconds: meanSeconds, at: .zero) }
        _ = width.refuse(running: 2, started: .zero, at: .seconds(10))
        let widths = (0...seconds).map { width.streams(at: .seconds(10 + $0)) }
        #expect(widths[0] == 1)
        #expect(zip(widths, widths.dropFirst()).allSatisfy { $0 <= $1 })
        // Carefully first: half of the time brings an eighth of the width.
        #expect(widths[seconds / 2] <= 51)
        #expect(widths[seconds - 1] < 400 && widths[seconds] == 400)
        _ = width.refuse(running: 400, started: .seconds(11), at: .seconds(10 + seconds))
        #expect(width.streams(at: .seconds(10 + seconds)) == 200)
    }

    @Test func silentStreamsHoldTheUsersBoundAndNotWhatRefusalsHaveLeft() {
        var gate = Gate(bound: 6)
        for job in 1...4 { gate.start(Int64(job), size, at: .zero) }
        gate.refused(
            1, started: .zero, sentSince: 1, asked: nil, isOverload: true, pausesUnasked: false, at: .milliseconds(1))
        gate.release(1, at: .milliseconds(1))
        #expect(gate.decision(at: .milliseconds(1)) == .held(.refusals))
        #expect(gate.limit(at: .milliseconds(1)) == StreamLimit(streams: 2))
        for _ in 0..<3 { gate.silent.add(since: .seconds(1)) }
        #expect(gate.decision(at: .seconds(12)) == .now)
        #expect(gate.limit(at: .seconds(12)) == StreamLimit(streams: 5, silent: 3, silentSeconds: 11))
        for job in 5...6 { gate.start(Int64(job), size, at: .seconds(12)) }
        #expect(gate.decision(at: .seconds(12)) == .held(.refusals))
        // A refusal halves what is open and not silent.
        gate.refused(
            5, started: .seconds(12), sentSince: 1, asked: nil, isOverload: true, pausesUnasked: false,
            at: .seconds(13))
        gate.release(5, at: .seconds(13))
        #expect(gate.limit(at: .seconds(13)) == StreamLimit(streams: 4, silent: 3, silentSeconds: 12))
        gate.silent.add(since: .seconds(12))
        gate.start(7, size, at: .seconds(30))
        #expect(gate.decision(at: .seconds(30)) == .held(.refusals))
        gate.start(8, size, at: .seconds(30))
        #expect(gate.decision(at: .seconds(30)) == .held(.width))
    }

    @Test func pausesThatNobodyAskedForGrow() {
        var gate = Gate(bound: 10)
        var now = Duration.zero
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            gate.start(1, size, at: now)
            gate.refused(
                1, started: now, sentSince: 1, asked: nil, isOverload: false, pausesUnasked: true, at: now + .seconds(1)
            )
            gate.release(1, at: now + .seconds(1))
            let end = now + .seconds(1 + seconds)
            #expect(gate.decision(at: now + .seconds(1)) == .later(end, .pause(isOverload: false)))
            now = end
        }
    }
}
