import LLMStreaming
import Synchronization
import Testing

@testable import BatchEngine

/// Loads that are asked for while a run goes on, over a clock that the test moves.
@Suite struct SignalReaderTests {
    /// Servers that answer as a script says, in no time or never.
    private final class ScriptedSignals: ServerSignals {
        let asked = Mutex<[String]>([])
        let clock: ManualClock
        let load: @Sendable (String) -> ServerLoad?
        let hangs: Bool

        init(_ clock: ManualClock, hangs: Bool = false, load: @escaping @Sendable (String) -> ServerLoad?) {
            self.clock = clock
            self.hangs = hangs
            self.load = load
        }

        func load(of endpoint: Endpoint, at address: MetricsAddress) async -> ServerLoad? {
            let place = "\(endpoint.origin.host)\(address.path)"
            asked.withLock { $0.append(place) }
            if hangs { try? await clock.sleep(for: .seconds(1_000_000)) }
            return load(place)
        }

        func identity(of endpoint: Endpoint) async -> ServerIdentity { .untold }
    }

    private static func endpoint(_ host: String) throws -> Endpoint {
        try Endpoint(
            provider: Provider(name: "lab", baseURL: "http://\(host):8000/v1", needsKey: false), environment: [:])
    }

    private final class Told: Sendable {
        let loads = Mutex<[[ServerLoad?]]>([[], [], []])

        func add(_ place: Int, _ load: ServerLoad?) { loads.withLock { $0[place].append(load) } }
    }

    @Test func tellsWhatEachServerTellsAndAsksNobodyThatServesThePublic() throws {
        let simulation = Simulation()
        let signals = ScriptedSignals(simulation.clock) { $0 == "a/metrics" ? ServerLoad(running: 3) : nil }
        let endpoints = try [Self.endpoint("a"), Self.endpoint("api.openai.com"), Self.endpoint("b")]
        let told = Told()
        let process = simulation.start {
            await SignalReader(signals: signals, clock: simulation.clock).read(endpoints) { told.add($0, $1) }
        }
        simulation.advance(by: .milliseconds(60_500))
        let loads = told.loads.withLock { $0 }
        #expect(loads[0] == [ServerLoad?](repeating: ServerLoad(running: 3), count: 61))
        #expect(loads[1] == [])
        #expect(loads[2] == [nil, nil])
        let asked = signals.asked.withLock { $0 }
        #expect(
            asked.filter { !$0.hasPrefix("a/") } == [
                "b/metrics", "b/prometheus/metrics", "b/metrics", "b/prometheus/metrics",
            ])
        process.cancel()
        simulation.settle()
        #expect(process.value != nil, "it ends with its task")
    }

    @Test func aServerThatHangsHoldsNoEnd() throws {
        let simulation = Simulation()
        let signals = ScriptedSignals(simulation.clock, hangs: true) { _ in ServerLoad(running: 1) }
        let endpoints = try [Self.endpoint("a")]
        let told = Told()
        let process = simulation.start {
            await SignalReader(signals: signals, clock: simulation.clock).read(endpoints) { told.add($0, $1) }
        }
        simulation.advance(by: .seconds(5))
        #expect(process.value == nil)
        process.cancel()
        simulation.settle()
        #expect(process.value != nil)
        #expect(told.loads.withLock { $0[0] } == [], "what was given up says nothing")
    }

    @Test func endsAtOnceWhereNobodyIsToBeAsked() throws {
        let simulation = Simulation()
        let signals = ScriptedSignals(simulation.clock) { _ in nil }
        let endpoints = try [Self.endpoint("api.openai.com")]
        try simulation.perform {
            await SignalReader(signals: signals, clock: simulation.clock).read(endpoints) { _, _ in }
        }
        #expect(signals.asked.withLock { $0 } == [])
    }
}
