import NIOCore
import Testing

@testable import MockProvider

/// Slots, queue and speeds of a self-hosted server, in simulated time.
@Suite struct CapacityTests {
    private func capacity(_ change: (inout CapacityLimits) -> Void) -> Capacity {
        Capacity(limits(change), now: start)
    }

    @Test func servesInTheOrderOfArrivalOnSoManySlots() throws {
        var capacity = capacity {
            $0.slots = 2
            $0.decodeRate = 10
        }
        for id in 1...5 { try capacity.arrive(id, promptTokens: 4, outputTokens: 11, at: start) }
        #expect(capacity.statistics.running == 2)
        #expect(capacity.statistics.waiting == 3)
        #expect(capacity.wait(forTokens: 1, of: 1) == .over, "a prompt takes no time here")
        #expect(capacity.wait(forTokens: 11, of: 2) == .until(at(1_000)))
        #expect(!capacity.has(1, of: 3, at: at(999)))
        #expect(capacity.has(11, of: 1, at: at(1_000)))
        capacity.advance(to: at(1_000))
        let sooner = capacity.takeSooner()
        #expect(sooner == [1, 2, 1, 2, 3, 4], "one and two ended")
        #expect(capacity.wait(forTokens: 1, of: 5) == .unknown)
        // One that gives up makes room at once.
        capacity.leave(3, at: at(1_500))
        #expect(capacity.wait(forTokens: 1, of: 5) == .over)
        #expect(capacity.has(11, of: 5, at: at(2_500)))
        capacity.advance(to: at(2_500))
        #expect(capacity.nextEvent == nil)
        #expect(capacity.statistics.longestQueue == 3)
        #expect(capacity.statistics.generatedTokens == 4 * 11 + 6)
        #expect(capacity.statistics.firstTokens.counts.reduce(0, +) == 5)
    }

    @Test func whoWaitsCanLeaveTheQueue() throws {
        var capacity = capacity {
            $0.slots = 1
            $0.decodeRate = 10
        }
        for id in 1...3 { try capacity.arrive(id, promptTokens: 4, outputTokens: 11, at: start) }
        capacity.leave(2, at: at(1))
        capacity.leave(2, at: at(1))
        #expect(capacity.statistics.waiting == 1)
        #expect(capacity.has(1, of: 3, at: at(1_000)))
        capacity.advance(to: at(1_000))
        #expect(capacity.statistics.queriedTokens == 8, "what never had a slot was not looked for")
    }

    @Test func refusesWhatTheQueueOrTheCacheCannotHold() throws {
        var capacity = capacity {
            $0.slots = 1
            $0.queue = 1
            $0.cacheBlocks = 4
            $0.decodeRate = 10
        }
        for id in 1...2 { try capacity.arrive(id, promptTokens: 4, outputTokens: 11, at: start) }
        #expect(throws: Capacity.Refusal.queueFull(waiting: 1)) {
            try capacity.arrive(3, promptTokens: 4, outputTokens: 11, at: start)
        }
        #expect(throws: Capacity.Refusal.tooLong(tokens: 65, maximum: 64)) {
            try capacity.arrive(4, promptTokens: 54, outputTokens: 11, at: start)
        }
        try capacity.arrive(5, promptTokens: 4, outputTokens: 60, at: at(1_000))
        #expect(capacity.statistics.refused == 1)
        #expect(capacity.has(60, of: 5, at: at(60_000)), "a refused one leaves nothing behind")
    }

    @Test func promptsShareThePrefillSpeed() throws {
        var capacity = capacity {
            $0.prefillRate = 100
            $0.decodeRate = 1_000
        }
        try capacity.arrive(1, promptTokens: 100, outputTokens: 1_000_000, at: start)
        try capacity.arrive(2, promptTokens: 100, outputTokens: 1, at: at(500))
        #expect(capacity.wait(forTokens: 1, of: 1) == .unknown)
        // Half of the first is done; then each gets 50 a second, and the second is alone at last.
        #expect(!capacity.has(1, of: 1, at: at(1_499)))
        #expect(capacity.has(1, of: 1, at: at(1_500)))
        #expect(!capacity.has(1, of: 2, at: at(1_999)))
        #expect(capacity.has(1, of: 2, at: at(2_000)))
        capacity.advance(to: at(2_000))
        #expect(capacity.statistics.prefillTokens == 200)
        #expect(abs(capacity.statistics.firstTokens.sum - 3) < 1e-6)
        try capacity.arrive(3, promptTokens: 100, outputTokens: 1, at: at(3_000))
        capacity.leave(3, at: at(3_250))
        #expect(capacity.statistics.prefillTokens == 225, "of a prompt that was given up only what was computed")
        #expect(capacity.statistics.promptTokens == 200)
    }

    @Test func manyStreamsShareTheTotalSpeed() throws {
        var capacity = capacity {
            $0.decodeRate = 10
            $0.totalRate = 20
        }
        for id in 1...2 { try capacity.arrive(id, promptTokens: 4, outputTokens: 1_000, at: start) }
        #expect(capacity.decodeRate == 10)
        for id in 3...4 { try capacity.arrive(id, promptTokens: 4, outputTokens: 1_000, at: start) }
        #expect(capacity.decodeRate == 5)
        #expect(capacity.has(6, of: 4, at: at(1_000)))
        #expect(capacity.wait(forTokens: 7, of: 4) == .until(at(1_200)))
        for id in 1...2 { capacity.leave(id, at: at(1_000)) }
        #expect(capacity.wait(forTokens: 7, of: 4) == .until(at(1_100)))
        #expect(capacity.statistics.generatedTokens == 24)
    }

    @Test func tellsWhoMayHaveItsTokensSooner() throws {
        var capacity = capacity {
            $0.slots = 3
            $0.totalRate = 30
        }
        try capacity.arrive(1, promptTokens: 4, outputTokens: 1_000, at: start)
        try capacity.arrive(2, promptTokens: 4, outputTokens: 16, at: start)
        try capacity.arrive(3, promptTokens: 4, outputTokens: 1_000, at: start)
        try capacity.arrive(4, promptTokens: 4, outputTokens: 1, at: start)
        var sooner = Set(capacity.takeSooner())
        #expect(sooner == [1, 2, 3], "four waits for a slot")
        // The second makes room for the fourth, which has its one token in that instant, and the others are faster.
        capacity.advance(to: at(2_000))
        sooner = Set(capacity.takeSooner())
        #expect(sooner == [1, 2, 3, 4])
        capacity.advance(to: at(3_000))
        sooner = Set(capacity.takeSooner())
        #expect(sooner.isEmpty)
    }

    @Test func tellsAnEndAlthoughTheSpeedGrewButLittle() throws {
        var capacity = capacity { $0.totalRate = 100 }
        for id in 1...40 {
            try capacity.arrive(id, promptTokens: 4, outputTokens: id < 3 ? id * 50 : 1_000, at: start)
        }
        _ = capacity.takeSooner()
        let said = capacity.wait(forTokens: 100, of: 2)
        for (id, time) in [(1, 20_000), (2, 39_200)] {
            capacity.advance(to: at(Int64(time)))
            let sooner = capacity.takeSooner()
            #expect(sooner == [id])
        }
        #expect(said == .until(at(39_600)))
        #expect(capacity.wait(forTokens: 100, of: 2) == .over)
    }

    @Test func withoutADecodeSpeedAStreamHasItsSlotUntilItLeaves() throws {
        var capacity = capacity { $0.slots = 1 }
        for id in 1...2 { try capacity.arrive(id, promptTokens: 4, outputTokens: 100, at: start) }
        #expect(capacity.has(100, of: 1, at: at(100_000)))
        #expect(capacity.wait(forTokens: 1, of: 2) == .unknown)
        capacity.leave(1, at: at(100_000))
        #expect(capacity.wait(forTokens: 100, of: 2) == .over)
    }

    @Test func theSlotsCanBecomeMoreAndFewer() throws {
        var capacity = capacity {
            $0.slots = 4
            $0.decodeRate = 10
        }
        for id in 1...6 { try capacity.arrive(id, promptTokens: 4, outputTokens: id < 4 ? 11 : 101, at: start) }
        capacity.change(
            limits {
                $0.slots = 2
                $0.decodeRate = 10
            }, at: at(500))
        #expect(capacity.statistics.running == 4, "those that run go on")
        capacity.advance(to: at(1_000))
        #expect(capacity.statistics.running == 2, "three ended and one began")
        #expect(capacity.wait(forTokens: 1, of: 5) == .over)
        #expect(capacity.wait(forTokens: 1, of: 6) == .unknown)
        capacity.change(
            limits {
                $0.slots = 8
                $0.decodeRate = 20
            }, at: at(1_000))
        #expect(capacity.wait(forTokens: 1, of: 6) == .over)
        #expect(capacity.wait(forTokens: 13, of: 4) == .until(at(1_100)), "twice as fast from now on")
    }

    @Test func aSpeedCanComeAndGo() throws {
        var capacity = capacity {
            $0.prefillRate = 1
            $0.decodeRate = 1
        }
        try capacity.arrive(1, promptTokens: 1_000, outputTokens: 1_000, at: start)
        capacity.change(limits { $0.decodeRate = 1 }, at: at(1_000))
        #expect(capacity.has(1, of: 1, at: at(1_000)))
        capacity.change(CapacityLimits(), at: at(2_000))
        #expect(capacity.has(1_000, of: 1, at: at(2_000)))
        #expect(capacity.statistics.running == 1)
        capacity.change(limits { $0.decodeRate = 1 }, at: at(3_000))
        #expect(capacity.statistics.running == 0, "it had all its tokens")
    }
}
