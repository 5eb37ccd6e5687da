import NIOCore
import Testing

@testable import MockProvider

/// What a self-hosted server's cache saves, and what happens where it is too small, in simulated time.
@Suite struct CapacityCacheTests {
    private func capacity(_ change: (inout CapacityLimits) -> Void) -> Capacity {
        Capacity(limits(change), now: start)
    }

    @Test func aPrefixThatWasComputedIsNotComputedAgain() throws {
        var capacity = capacity {
            $0.prefillRate = 1_000
            $0.decodeRate = 1_000
        }
        let prefix = words("s", 64)
        try capacity.arrive(1, prompt: try prompt(prefix + " one"), outputTokens: 1, at: start)
        capacity.advance(to: at(1_000))
        try capacity.arrive(2, prompt: try prompt(prefix + " " + words("t", 36)), outputTokens: 1, at: at(1_000))
        #expect(capacity.cachedTokens(of: 2) == 64)
        #expect(!capacity.has(1, of: 2, at: at(1_035)))
        #expect(capacity.has(1, of: 2, at: at(1_036)))
        try capacity.arrive(3, prompt: try prompt(prefix), outputTokens: 1, at: at(2_000))
        #expect(capacity.cachedTokens(of: 3) == 48, "at least one token is computed, so of whole blocks the last one")
        capacity.advance(to: at(3_000))
        #expect(capacity.statistics.prefillTokens == 65 + 36 + 16)
        #expect(capacity.statistics.cachedTokens == 112)
        #expect(capacity.statistics.queriedTokens == 65 + 100 + 64)
    }

    @Test func equalPromptsThatComeTogetherAreAllComputed() throws {
        var capacity = capacity {
            $0.prefillRate = 1_000
            $0.decodeRate = 1_000
        }
        let text = words("s", 80)
        for id in 1...4 { try capacity.arrive(id, prompt: try prompt(text), outputTokens: 10, at: at(Int64(id))) }
        capacity.advance(to: at(10_000))
        #expect(capacity.statistics.cachedTokens == 0)
        #expect(capacity.statistics.prefillTokens == 320)
        #expect(capacity.statistics.cacheUsage == 0, "nobody holds what they had twice")
        try capacity.arrive(5, prompt: try prompt(text), outputTokens: 10, at: at(10_000))
        #expect(capacity.cachedTokens(of: 5) == 64)
    }

    @Test func waitsForRoomInTheCache() throws {
        var capacity = capacity {
            $0.cacheBlocks = 10
            $0.decodeRate = 10
        }
        try capacity.arrive(1, promptTokens: 80, outputTokens: 11, at: start)
        try capacity.arrive(2, promptTokens: 80, outputTokens: 11, at: start)
        try capacity.arrive(3, promptTokens: 4, outputTokens: 11, at: start)
        #expect(capacity.statistics.running == 1)
        #expect(capacity.statistics.cacheUsage == 0.6)
        #expect(capacity.wait(forTokens: 1, of: 3) == .unknown, "a small one does not overtake")
        #expect(capacity.has(1, of: 2, at: at(1_000)))
        #expect(capacity.has(1, of: 3, at: at(1_000)))
        capacity.advance(to: at(1_000))
        #expect(capacity.statistics.preemptions == 0)
    }

    @Test func theNewestGivesItsBlocksToAnOlderOne() throws {
        var capacity = capacity {
            $0.cacheBlocks = 4
            $0.decodeRate = 16
        }
        // Each has two blocks for 16 words and as many tokens; the 17th token needs a third one, after a second.
        for id in 1...2 { try capacity.arrive(id, promptTokens: 16, outputTokens: 33, at: start) }
        #expect(capacity.statistics.running == 2)
        capacity.advance(to: at(1_000))
        #expect(capacity.wait(forTokens: 17, of: 1) == .over)
        #expect(capacity.statistics.preemptions == 1)
        #expect(capacity.wait(forTokens: 17, of: 2) == .unknown, "it pauses")
        #expect(capacity.statistics.waiting == 1)
        let first = capacity.takeSooner()
        #expect(first == [1, 2])
        try capacity.arrive(3, promptTokens: 4, outputTokens: 1, at: at(1_500))
        #expect(capacity.has(33, of: 1, at: at(2_000)))
        capacity.advance(to: at(2_000))
        let second = capacity.takeSooner()
        #expect(second == [1, 2, 3, 3], "one ended; two waited before three, which had but one token")
        #expect(capacity.has(18, of: 2, at: at(2_000)))
        #expect(capacity.wait(forTokens: 33, of: 2) == .until(at(2_937) + .microseconds(500)))
        #expect(capacity.has(33, of: 2, at: at(2_938)))
        capacity.advance(to: at(2_938))
        // Its first block was still there; 17 tokens of the answer were computed again.
        #expect(capacity.statistics.prefillTokens == 16 + 16 + 17 + 4)
        #expect(capacity.statistics.cachedTokens == 0)
        #expect(capacity.cachedTokens(of: 2) == 0)
        #expect(capacity.statistics.promptTokens == 36)
        #expect(capacity.statistics.generatedTokens == 67)
        #expect(capacity.statistics.firstTokens.counts.reduce(0, +) == 3)
    }

    @Test func aSmallerCachePutsTheNewestBackButNotTheLast() throws {
        func small(_ blocks: Int) -> CapacityLimits {
            limits {
                $0.cacheBlocks = blocks
                $0.decodeRate = 10
            }
        }
        var capacity = Capacity(small(100), now: start)
        for id in 1...3 { try capacity.arrive(id, promptTokens: 30, outputTokens: 101, at: start) }
        capacity.change(small(5), at: at(100))
        #expect(capacity.statistics.running == 2)
        #expect(capacity.statistics.preemptions == 1)
        capacity.change(small(1), at: at(200))
        #expect(capacity.statistics.running == 1)
        for id in 1...3 { #expect(capacity.has(101, of: id, at: at(Int64(id) * 10_000)), "\(id)") }
    }

    /// A workload at random: everything comes to its end, no bound is passed, and the counts add up.
    @Test func whateverComesAddsUp() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var draw = seed
        func next(_ count: Int) -> Int {
            draw = Hash64.mix(draw)
            return Int(draw % UInt64(count))
        }
        for round in 0..<20 {
            let limits = limits {
                $0.slots = 1 + next(6)
                $0.cacheBlocks = 14 + next(30) + 500 * next(2)
                $0.prefillRate = next(4) == 0 ? nil : 50 + next(1_000)
                $0.decodeRate = 1 + next(50)
                $0.totalRate = next(2) == 0 ? nil : 1 + next(100)
            }
            var capacity = Capacity(limits, now: start)
            var time = start
            var prompts = 0
            var outputs = 0
            for id in 0..<60 {
                time = time + .milliseconds(Int64(next(2_000)))
                let text = words("s\(next(3))x", 16 * next(5)) + " " + words("i\(id)x", 1 + next(20))
                let prompt = try prompt(text)
                let output = 1 + next(100)
                try capacity.arrive(id, prompt: prompt, outputTokens: output, at: time)
                prompts += prompt.tokens
                outputs += output
            }
            while let event = capacity.nextEvent {
                capacity.advance(to: event)
                let statistics = capacity.statistics
                #expect(statistics.running <= limits.slots)
                #expect(statistics.cacheUsage <= 1)
            }
            let statistics = capacity.statistics
            let seen = Comment(rawValue: "seed \(seed), round \(round), \(limits), \(statistics)")
            #expect(statistics.running + statistics.waiting == 0, seen)
            #expect(statistics.cacheUsage == 0, seen)
            #expect(statistics.promptTokens == prompts, seen)
            #expect(statistics.queriedTokens == prompts, seen)
            #expect(statistics.generatedTokens == outputs, seen)
            guard statistics.preemptions == 0 else { continue }
            #expect(statistics.prefillTokens + statistics.cachedTokens == prompts, seen)
        }
    }

    @Test func aStreamThatWasPutBackWithAllItsTokensNeedsNoMoreBlocksThanThose() throws {
        var capacity = capacity {
            $0.slots = 2
            $0.cacheBlocks = 5
        }
        // Without a speed all tokens are there at once: there is room for the second's prompt, but not for its answer too.
        for id in 1...2 { try capacity.arrive(id, promptTokens: 16, outputTokens: 32, at: start) }
        #expect(capacity.statistics.preemptions == 1)
        capacity.leave(1, at: at(1))
        #expect(capacity.wait(forTokens: 32, of: 2) == .over)
        #expect(capacity.statistics.cacheUsage == 0.6)
    }

    /// Who asks in between changes nothing, although streams get many blocks at once where there is room.
    @Test func isTheSameHoweverOftenItIsAsked() throws {
        for seed in UInt64(1)...20 {
            var draw = seed
            func next(_ count: Int) -> Int {
                draw = Hash64.mix(draw)
                return Int(draw % UInt64(count))
            }
            let limits = limits {
                $0.slots = 1 + next(6)
                $0.cacheBlocks = 20 + next(40)
                $0.prefillRate = 500
                $0.decodeRate = 3 + next(50)
            }
            var quiet = Capacity(limits, now: start)
            var asked = quiet
            var time: Int64 = 0
            for id in 0..<80 {
                let text = words("s\(next(3))x", 16 * next(5)) + " " + words("i\(id)x", 1 + next(20))
                let prompt = try prompt(text)
                let output = 1 + next(100)
                for _ in 0..<next(40) {
                    time += Int64(next(50))
                    asked.change(limits, at: at(time))
                    #expect(asked.statistics.cacheUsage <= 1)
                }
                try quiet.arrive(id, prompt: prompt, outputTokens: output, at: at(time))
                try asked.arrive(id, prompt: prompt, outputTokens: output, at: at(time))
                #expect(quiet.statistics.cacheUsage == asked.statistics.cacheUsage, "seed \(seed), request \(id)")
                #expect(quiet.cachedTokens(of: id) == asked.cachedTokens(of: id), "seed \(seed), request \(id)")
                #expect(quiet.statistics.preemptions == asked.statistics.preemptions, "seed \(seed), request \(id)")
            }
        }
    }

    @Test func manyLongStreamsAreFewEventsWhereThereIsRoom() throws {
        var capacity = capacity { $0.totalRate = 50_000 }
        for id in 0..<200 {
            try capacity.arrive(id, promptTokens: 1 + id % 16, outputTokens: 2_000, at: at(Int64(id)))
        }
        var events = 0
        while let event = capacity.nextEvent {
            capacity.advance(to: event)
            events += 1
        }
        #expect(capacity.statistics.generatedTokens == 400_000)
        #expect(events < 1_000, "a block holds 16 tokens: they would be 25,000")
    }
}
