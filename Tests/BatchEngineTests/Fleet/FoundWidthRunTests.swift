import BatchEngine
import LLMStreaming
import Testing

/// `--concurrency auto` through a whole run: streams, samples and the width that follows from them.
struct FoundWidthRunTests {
    private func run(
        _ jobs: Int, endpoints: Int = 1, most: Int = 512, _ servers: [SlotServer],
        configure: (inout RunConfiguration) -> Void = { _ in }
    ) throws -> SimulatedRun {
        try SimulatedRun(
            SimulatedRun.jobs(jobs), endpoints: ["lab": Array(repeating: 1, count: endpoints)], keepsCalls: false,
            configure: {
                $0.concurrency = most
                $0.width = .found(most: most, firstTokenTarget: nil)
                configure(&$0)
            }
        ) { call in
            servers[call.endpoint].answer(to: call, pieces: 40 + (call.job &* 2_654_435_761) % 41)
        }
    }

    private func widths(_ run: SimulatedRun) throws -> [Int] { try run.snapshot().endpoints.map(\.width) }

    @Test(arguments: [4, 72, 200]) func itFindsTheSlotsOfAServer(slots: Int) throws {
        let server = SlotServer(slots: slots, pace: (.milliseconds(200), .milliseconds(50)))
        let run = try run(slots * 120, [server])
        let process = run.start()
        run.simulation.advance(by: .seconds(60))
        let range = slots == 4 ? 4...6 : slots * 9 / 10...slots * 5 / 4
        for _ in 0..<12 {
            run.simulation.advance(by: .seconds(5))
            let width = try widths(run)[0]
            #expect(range.contains(width), "\(width) streams for \(slots) slots")
        }
        // Of all that its slots can do.
        let ideal = 60.0 * Double(slots) * 60 / (0.2 + 59 * 0.05)
        let done = Double(server.pieces(in: .seconds(60)..<(.seconds(120))))
        #expect(done > ideal * 0.95, "\(done / ideal)")
        #expect(try run.simulation.finish(process) == .finished)
    }

    /// It begins with the streams that are open, and what came of them before counts.
    @Test func itIsAskedForInTheMiddleOfARunAndTakenBack() throws {
        let server = SlotServer(slots: 72, pace: (.milliseconds(200), .milliseconds(50)))
        let run = try run(20_000, most: 40, [server]) { $0.width = .fixed }
        let process = run.start()
        run.simulation.advance(by: .seconds(20))
        #expect(try widths(run)[0] == 40)
        func set(_ streams: Int, _ rule: StreamWidth) throws {
            _ = try run.simulation.perform { [runner = run.runner] in
                await runner.set(concurrency: streams, rule: rule)
            }
        }
        try set(512, .found(most: 512, firstTokenTarget: nil))
        run.simulation.advance(by: .seconds(2))
        #expect(try widths(run)[0] >= 36)
        run.simulation.advance(by: .seconds(58))
        let found = try widths(run)[0]
        #expect((65...90).contains(found), "\(found)")
        #expect(try run.snapshot().endpoints[0].reason != EndpointSnapshot.mostAllowed)
        try set(10, .fixed)
        run.simulation.advance(by: .seconds(20))
        let snapshot = try run.snapshot()
        #expect(snapshot.endpoints[0].width == 10 && snapshot.running == 10)
        #expect(snapshot.endpoints[0].reason == EndpointSnapshot.mostAllowed)
        process.cancel()
        _ = try run.simulation.finish(process)
    }

    /// With all that is allowed it goes on, and does not look for more by way of less.
    @Test func itStaysAtTheMostThatIsAllowed() throws {
        let server = SlotServer(slots: 200, pace: (.milliseconds(200), .milliseconds(50)))
        let run = try run(4_000, most: 16, [server])
        let process = run.start()
        run.simulation.advance(by: .seconds(60))
        for _ in 0..<20 {
            run.simulation.advance(by: .seconds(1))
            let snapshot = try run.snapshot()
            #expect(snapshot.endpoints[0].width == 16 && snapshot.running == 16, "\(snapshot.endpoints)")
        }
        process.cancel()
        _ = try run.simulation.finish(process)
    }

    @Test func itFollowsACapacityThatHalvesAndDoubles() throws {
        let server = SlotServer(slots: 64, pace: (.milliseconds(200), .milliseconds(50)))
        let run = try run(20_000, [server])
        let process = run.start()
        run.simulation.advance(by: .seconds(60))
        server.set(slots: 32, at: .seconds(60))
        run.simulation.advance(by: .seconds(12))
        let low = try widths(run)[0]
        #expect(low < 44, "\(low)")
        run.simulation.advance(by: .seconds(40))
        server.set(slots: 64, at: .seconds(112))
        run.simulation.advance(by: .seconds(12))
        let high = try widths(run)[0]
        #expect(high > 44, "\(high)")
        run.simulation.advance(by: .seconds(30))
        let last = try widths(run)[0]
        #expect((57...80).contains(last), "\(last)")
        process.cancel()
        _ = try run.simulation.finish(process)
    }

    /// Eight servers of unequal size and speed, of which nobody says how wide they are.
    @Test func eightUnequalServersAreFilled() throws {
        let slots = [4, 8, 16, 16, 24, 32, 48, 72]
        let servers = slots.enumerated().map { index, count in
            SlotServer(slots: count, pace: (.milliseconds(150 + 50 * index), .milliseconds(30 + 10 * (index % 4))))
        }
        let run = try run(16_000, endpoints: 8, servers)
        let process = run.start()
        run.simulation.advance(by: .seconds(60))
        let widths = try widths(run)
        for (width, count) in zip(widths, slots) {
            #expect((count * 4 / 5...max(count + 3, count * 3 / 2)).contains(width), "\(widths) for \(slots)")
        }
        #expect(try run.simulation.finish(process) == .finished)
        let ideal = servers.indices.reduce(0.0) { sum, index in
            let pace = servers[index].pace
            return sum + Double(slots[index]) / (pace.first.seconds + 59 * pace.next.seconds)
        }
        let elapsed = run.simulation.clock.elapsed.seconds
        #expect(elapsed < 16_000 / ideal * 1.1, "\(elapsed) s, \(16_000 / ideal) s at best")
    }
}
