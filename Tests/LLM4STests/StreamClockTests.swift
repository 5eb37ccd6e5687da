import LLMStreaming
import NIOCore
import Testing

@testable import LLM4S

@Suite struct StreamClockTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private var clock: StreamClock {
        var timeouts = StreamTimeouts()
        timeouts.firstToken = .seconds(100)
        timeouts.idle = .seconds(30)
        timeouts.stall = .seconds(75)
        return StreamClock(timeouts: timeouts, start: start, at: start)
    }

    private func at(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

    @Test func waitsForTheFirstContentFromTheRequestsEnd() {
        var clock = clock
        clock.requestSent(at: at(7))
        #expect(clock.deadline == at(107))
        // Comments and roles are no content.
        clock.receivedBytes(at: at(90))
        #expect(clock.deadline == at(107))
        #expect(!clock.isExpired(at: at(106)))
        #expect(clock.isExpired(at: at(107)))
    }

    @Test func waitsForAnyByteAfterTheFirstContent() {
        var clock = clock
        clock.receivedContent(at: at(50))
        #expect(clock.deadline == at(80))
        clock.receivedBytes(at: at(70))
        #expect(clock.deadline == at(100))
        #expect(clock.cause == .idle)
    }

    @Test func commentsDoNotHoldOffTheStallClock() {
        var clock = clock
        clock.receivedContent(at: at(50))
        for seconds in stride(from: Int64(60), through: 120, by: 10) { clock.receivedBytes(at: at(seconds)) }
        #expect(clock.cause == .stall)
        #expect(clock.deadline == at(125))
        // Usage is a chunk, if no content.
        clock.receivedChunk(at: at(124))
        #expect(clock.cause == .idle)
        #expect(clock.deadline == at(154))
    }

    @Test func theTimeOfTheWholeAttemptRunsFromItsStartAndStandsStillInAPause() {
        var timeouts = StreamTimeouts()
        timeouts.job = .seconds(40)
        var clock = StreamClock(timeouts: timeouts, start: start, at: at(5))
        #expect(clock.cause == .job)
        #expect(clock.deadline == at(40))
        clock.receivedContent(at: at(30))
        clock.pause(at: at(35))
        clock.resume(at: at(135))
        #expect(clock.deadline == at(140))
        clock.startClosing(at: at(139))
        #expect(clock.cause == .closing)
        #expect(clock.deadline == at(144))
    }

    @Test func waitsFiveSecondsForTheEndOfAnAnsweredStream() {
        var clock = clock
        clock.receivedContent(at: at(50))
        clock.startClosing(at: at(60))
        #expect(clock.deadline == at(65))
        // Only content buys more time.
        clock.receivedBytes(at: at(62))
        clock.receivedChunk(at: at(63))
        clock.startClosing(at: at(64))
        #expect(clock.deadline == at(65))
        clock.receivedContent(at: at(64))
        clock.startClosing(at: at(64))
        #expect(clock.cause == .closing)
        #expect(clock.deadline == at(69))
    }

    @Test func anAnswerThatGoesOnIsWaitedForAsBefore() {
        var clock = clock
        clock.receivedContent(at: at(50))
        clock.startClosing(at: at(60))
        clock.stopClosing(at: at(64))
        #expect(clock.cause == .idle)
        #expect(clock.deadline == at(94))
        clock.stopClosing(at: at(70))
        #expect(clock.deadline == at(94))
    }

    @Test func standsStillWhileTheStreamIsNotRead() {
        var clock = clock
        clock.receivedContent(at: at(10))
        clock.pause(at: at(20))
        #expect(clock.deadline == nil)
        #expect(!clock.isExpired(at: at(100_000)))
        clock.resume(at: at(1000))
        // 10 of the 30 seconds had run.
        #expect(clock.deadline == at(1020))
    }

    @Test func startsAnewWithWhatComesInAPause() {
        var clock = clock
        clock.receivedContent(at: at(10))
        clock.pause(at: at(20))
        clock.receivedBytes(at: at(500))
        clock.resume(at: at(1000))
        #expect(clock.deadline == at(1030))
    }

    @Test func takesLimitsWithoutEnd() {
        var timeouts = StreamTimeouts()
        timeouts.firstToken = .seconds(Int64.max)
        let clock = StreamClock(timeouts: timeouts, start: start, at: start)
        #expect(!clock.isExpired(at: at(86_400 * 365)))
    }
}
