import NIOCore
import NIOEmbedded
import Testing

@testable import LLM4S

/// When a loop lets events gather: never with few of them, never with large ones, and for two milliseconds at most.
struct GatheringPaceTests {
    /// Reads pieces at even distances; gives what was slept in each turn that ended.
    private func sleeps(
        _ pace: inout GatheringPace, at start: TimeAmount = .zero, reads: Int, every distance: TimeAmount,
        bytes: Int = 300
    ) -> [TimeAmount] {
        var now = NIODeadline.uptimeNanoseconds(1) + start
        let end = now + .nanoseconds(distance.nanoseconds * Int64(reads))
        var next = now
        var sleeps: [TimeAmount] = []
        while next < end {
            now = max(now, next)
            // All that has come by now is read in this turn.
            while next <= now {
                pace.didRead(bytes)
                next = next + distance
            }
            guard let rest = pace.endTurn(at: now) else { continue }
            sleeps.append(rest)
            now = now + rest
            pace.didSleep(until: now)
        }
        return sleeps
    }

    /// What the transport reads is counted, and its loop sleeps once a turn.
    @Test func theLoopOfABusyConnectionSleepsOnceATurn() throws {
        var slept: [TimeAmount] = []
        _ = try EmbeddedExchange.run { exchange in
            try exchange.receive(Wire.chunkedHead)
            let loop = exchange.channel.embeddedEventLoop
            let reader = try exchange.channel.pipeline.syncOperations.handler(type: ResponseReader.self)
            reader.gathering = ReadGathering(loop) { slept.append($0) }
            for _ in 0..<300 {
                for _ in 0..<5 { try exchange.receive(Wire.chunk(":\n\n")) }
                loop.advanceTime(by: .milliseconds(1))
            }
            try exchange.receive(Wire.chunk(Chat.whole) + "0\r\n\r\n")
        }
        #expect(slept.count > 80 && slept.count <= 301 && slept.allSatisfy { $0 <= .milliseconds(2) }, "\(slept.count)")
    }

    private var pace: GatheringPace { GatheringPace(at: .uptimeNanoseconds(1)) }

    @Test func manySmallEventsAreReadEveryTwoMilliseconds() {
        var pace = pace
        let sleeps = sleeps(&pace, reads: 20_000, every: .microseconds(50))
        // A second without the first tenth, in turns of two milliseconds.
        #expect((440...460).contains(sleeps.count), "\(sleeps.count)")
        #expect(sleeps.allSatisfy { $0 > .zero && $0 <= .milliseconds(2) })
    }

    @Test(arguments: [(every: 1_000, bytes: 300), (every: 500, bytes: 300), (every: 50, bytes: 4_000)])
    func fewEventsAndLargePiecesWaitForNothing(every: Int, bytes: Int) {
        var pace = pace
        #expect(sleeps(&pace, reads: 5_000, every: .microseconds(Int64(every)), bytes: bytes).isEmpty)
    }

    @Test func itEndsWithTheLoad() {
        var pace = pace
        #expect(!sleeps(&pace, reads: 10_000, every: .microseconds(50)).isEmpty)
        let later = sleeps(&pace, at: .milliseconds(500), reads: 1_000, every: .milliseconds(1))
        // What is decided is decided for a tenth of a second.
        #expect(later.count <= 110, "\(later.count)")
        #expect(sleeps(&pace, at: .milliseconds(1_600), reads: 1_000, every: .milliseconds(1)).isEmpty)
    }

    /// Work takes the place of sleep.
    @Test func aLoopThatIsBusyForLongerDoesNotSleep() {
        var pace = pace
        var now = NIODeadline.uptimeNanoseconds(1)
        for _ in 0..<200 {
            for _ in 0..<100 { pace.didRead(300) }
            now = now + .milliseconds(2)
            #expect(pace.endTurn(at: now) == nil)
        }
        for _ in 0..<100 { pace.didRead(300) }
        #expect(pace.endTurn(at: now + .microseconds(1_500)) == .microseconds(500))
    }
}
