import Testing

@testable import BatchEngine

/// What the order by prefix is worth to a run: simulated servers with caches, in virtual time.
struct PrefixSimulationTests {
    private let four = Array(repeating: CachingServer(), count: 4)

    /// In the order of the input, one group after another, and in a random one.
    @Test(arguments: [false, true]) func beginningsAreReadOnce(isRandom: Bool) {
        let prompts = prompts(groups: 50, jobs: 40, isRandom: isRandom)
        let simulation = run(four, prompts)
        #expect(simulation.ratio < 1.1)
        let inTurn = run(four, prompts, .inTurn)
        #expect(inTurn.ratio > 3 * simulation.ratio)
        #expect(inTurn.makespan > 1.1 * simulation.makespan)
    }

    @Test func withoutWarmFirstTheFirstOnesAllRead() {
        let prompts = prompts(groups: 50, jobs: 40, isRandom: true)
        #expect(run(four, prompts, .by(.prefix(warmsFirst: false))).ratio > 1.5 * run(four, prompts).ratio)
    }

    @Test func serversWithManySlotsDoAsWell() {
        var server = CachingServer()
        (server.slots, server.prefillRate) = (72, 20_000)
        let simulation = run(Array(repeating: server, count: 4), prompts(groups: 50, jobs: 40, isRandom: true))
        #expect(simulation.ratio < 1.1)
        // As long as it takes 288 streams to write everything, the reading, and an end in which some are idle.
        #expect(simulation.makespan < 1.25 * 2000 * 5 / 288)
    }

    @Test func aBeginningThatAllShareSpreadsAtOnce() {
        let prompts = prompts(groups: 1, jobs: 800, isRandom: false)
        let simulation = run(four, prompts)
        #expect(Set(simulation.sent.prefix(4).map(\.server)) == [0, 1, 2, 3])
        // Once a server.
        #expect(simulation.computedTokens <= simulation.leastTokens + 3 * 6000)
        #expect(simulation.makespan <= run(four, prompts, .inTurn).makespan)
    }

    @Test func promptsWithNothingInCommonCostNothing() {
        let prompts = prompts(groups: 1000, jobs: 1, tokens: 1500, isRandom: false)
        let simulation = run(four, prompts)
        #expect(simulation.ratio == 1)
        #expect(simulation.makespan <= 1.01 * run(four, prompts, .inTurn).makespan)
    }

    @Test(arguments: [false, true]) func documentsBehindACommonHeaderAreReadOnce(isRandom: Bool) {
        let simulation = run(four, prompts(groups: 200, jobs: 10, header: 2048, isRandom: isRandom))
        #expect(simulation.ratio < 1.1)
        #expect((0..<4).allSatisfy { server in simulation.sent.count { $0.server == server } > 400 })
    }

    /// Their longest level is each one's own: there are as many groups as jobs.
    @Test func beginningsThatEndShortOfALevelAreReadOnceToo() {
        #expect(run(four, prompts(groups: 20, jobs: 100, tokens: 8000, own: 400, isRandom: true)).ratio < 1.1)
    }

    @Test func cachesThatHoldFewBeginningsAreEnough() {
        var server = CachingServer()
        server.blocks = 5 * 6000 / 16
        let servers = Array(repeating: server, count: 4)
        let prompts = prompts(groups: 50, jobs: 40, isRandom: true)
        #expect(run(servers, prompts).ratio < 1.1)
        #expect(run(servers, prompts, .inTurn).ratio > 15)
    }

    @Test func aServerThatIsKilledAndComesBackLosesNothingButItsCache() {
        let prompts = prompts(groups: 50, jobs: 40, isRandom: true)
        var simulation = PrefixSimulation(four, prompts, .by(.prefix(warmsFirst: true)))
        simulation.outage = (server: 1, from: 20, to: 40)
        simulation.run()
        #expect(simulation.ended.count == 2000)
        #expect(simulation.ratio < 1.1)
        let sent = simulation.sent.filter { $0.server == 1 }
        #expect(!sent.contains { $0.time > 20 && $0.time < 40 })
        #expect(sent.contains { $0.time >= 40 && $0.time < 41 })
    }

    @Test func serversOfUnequalSpeedEndTogether() {
        var servers = four
        for (index, speed) in [2, 1, 1, 0.5].enumerated() {
            servers[index].prefillRate *= speed
            servers[index].decodeRate *= speed
        }
        let prompts = prompts(groups: 50, jobs: 40, isRandom: true)
        let simulation = run(servers, prompts)
        #expect(simulation.ratio < 1.1)
        #expect(simulation.makespan < run(servers, prompts, .inTurn).makespan)
    }

    /// Prompts are read side by side there, so that waiting for the first of a group is time lost.
    @Test func aProviderWithManyStreamsIsNotHeldUp() {
        var server = CachingServer()
        (server.slots, server.prefillRate, server.decodeRate, server.isParallel) = (128, 6000, 100, true)
        for (groups, jobs) in [(300, 10), (1000, 2)] {
            let prompts = prompts(groups: groups, jobs: jobs, isRandom: true)
            let simulation = run([server], prompts)
            #expect(simulation.ratio == 1)
            #expect(simulation.makespan < 1.05 * run([server], prompts, .inTurn).makespan)
        }
    }

    // MARK: -

    private func prompts(
        groups: Int, jobs: Int, header: Int = 0, tokens: Int = 6000, own: Int = 100, isRandom: Bool
    ) -> [SimulatedPrompt] {
        let prompts = (0..<groups * jobs).map { number in
            SimulatedPrompt(
                pieces: (header > 0 ? [(0, header)] : []) + [(1 + number / jobs, tokens)], ownTokens: own,
                outputTokens: 100 + number * 7919 % 201)
        }
        var random = SeededRandom(seed: SeededRandom.seed(7))
        return isRandom ? prompts.shuffled(using: &random) : prompts
    }

    private func run(
        _ servers: [CachingServer], _ prompts: [SimulatedPrompt],
        _ policy: PrefixSimulation.Policy = .by(.prefix(warmsFirst: true))
    ) -> PrefixSimulation {
        var simulation = PrefixSimulation(servers, prompts, policy)
        simulation.run()
        #expect(simulation.ended.count == prompts.count)
        return simulation
    }
}
