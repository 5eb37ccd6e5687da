import Synchronization
import Testing

@testable import BatchEngine

/// A wait that loses no signal and leaves no timers behind.
struct WakeSignalTests {
    private let simulation = Simulation()

    @Test func aSignalBeforeTheWaitEndsItAtOnceAndOnlyOnce() throws {
        let signal = WakeSignal(clock: RunClock(simulation.clock))
        signal.signal()
        signal.signal()
        let first = wait(signal, until: nil)
        #expect(first.value == true)
        let second = wait(signal, until: nil)
        #expect(second.value == nil)
        signal.signal()
        simulation.settle()
        #expect(second.value == true)
    }

    @Test func aTimeEndsTheWait() throws {
        let signal = WakeSignal(clock: RunClock(simulation.clock))
        let waiting = wait(signal, until: .seconds(5))
        simulation.advance(by: .seconds(4))
        #expect(waiting.value == nil)
        simulation.advance(by: .seconds(1))
        #expect(waiting.value == true)
    }

    @Test func timersDoNotPileUpWithTheSignalsInBetween() throws {
        let signal = WakeSignal(clock: RunClock(simulation.clock))
        let clock = simulation.clock
        let process = simulation.start {
            await withDiscardingTaskGroup { group in
                for round in 0..<10_000 {
                    signal.signal()
                    await signal.wait(until: clock.elapsed + .seconds(60 + round % 7), in: &group)
                }
                group.cancelAll()
            }
            return true
        }
        #expect(process.value == true)
        #expect(simulation.clock.peak <= 1)
    }

    @Test func anEarlierTimeIsNotMissed() throws {
        let signal = WakeSignal(clock: RunClock(simulation.clock))
        let clock = simulation.clock
        let times = Mutex<[Duration]>([])
        _ = simulation.start {
            await withDiscardingTaskGroup { group in
                for seconds: Int64 in [60, 10, 30] {
                    await signal.wait(until: .seconds(seconds), in: &group)
                    times.withLock { $0.append(clock.elapsed) }
                }
            }
            return true
        }
        simulation.advance(by: .seconds(1))
        signal.signal()
        simulation.advance(by: .seconds(100))
        #expect(times.withLock { $0 } == [.seconds(1), .seconds(10), .seconds(30)])
    }

    private func wait(
        _ signal: WakeSignal, until time: Duration?
    ) -> Simulation.Process<Bool> {
        let deadline = time.map { simulation.clock.elapsed + $0 }
        return simulation.start {
            await withDiscardingTaskGroup { group in
                await signal.wait(until: deadline, in: &group)
                group.cancelAll()
                return true
            }
        }
    }
}
