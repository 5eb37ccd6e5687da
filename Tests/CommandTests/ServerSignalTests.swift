import BatchStore
import BatchEngine
import Foundation
import LLM4S
import LLMStreaming
import MockProvider
import Synchronization
import Testing

@testable import LLM4SBatch

/// What servers tell of themselves, over real sockets.
@Suite struct ServerSignalTests {
    private func withTransport<Value>(_ body: (StreamingTransport) async throws -> Value) async throws -> Value {
        let transport = StreamingTransport(configuration: TransportConfiguration())
        do {
            let value = try await body(transport)
            await transport.shutdown()
            return value
        } catch {
            await transport.shutdown()
            throw error
        }
    }

    private func withMock<Value>(
        _ configuration: MockConfiguration, _ body: (MockServer, Endpoint) async throws -> Value
    ) async throws -> Value {
        let server = try await MockServer.start(configuration)
        do {
            let provider = Provider(name: "vllm", baseURL: server.baseURL, keyVariables: ["KEY"])
            let value = try await body(server, try Endpoint(provider: provider, environment: ["KEY": "sk-key"]))
            await server.stop()
            return value
        } catch {
            await server.stop()
            throw error
        }
    }

    /// A server of two slots, on which answers stay until they are cancelled.
    private var busyMock: MockConfiguration {
        var configuration = MockConfiguration()
        var capacity = CapacityLimits()
        capacity.slots = 2
        configuration.capacity = capacity
        configuration.defaultBehavior.pace = .seconds(3_600)
        return configuration
    }

    private func answer(by transport: StreamingTransport, _ endpoint: Endpoint, _ number: Int) async {
        let body = #"{"model":"m","stream":true,"messages":[{"role":"user","content":"Tell me \#(number)."}]}"#
        _ = await transport.stream(
            ProviderRequest(body: Array(body.utf8), choices: 1), to: endpoint, receiver: Deaf())
    }

    private struct Deaf: ChunkReceiver {
        func receive(_ chunks: [StreamedChunk], atMicroseconds microseconds: Int64) -> Bool { true }
        func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void) { resume() }
    }

    @Test func readsTheLoadOfAServerWhileItAnswersAndEndsWithItsTask() async throws {
        try await withMock(busyMock) { _, endpoint in
            try await withTransport { transport in
                await withTaskGroup(of: Void.self) { group in
                    for number in 0..<3 { group.addTask { await answer(by: transport, endpoint, number) } }
                    let (loads, told) = AsyncStream<ServerLoad>.makeStream()
                    group.addTask {
                        await SignalReader(signals: transport, clock: ContinuousClock()).read([endpoint]) { _, load in
                            if let load { told.yield(load) }
                        }
                        told.finish()
                    }
                    var isSeen = false
                    for await load in loads where load.running == 2 && load.waiting == 1 {
                        isSeen = true
                        #expect(load.preempted == 0)
                        #expect(load.cacheFill.map { (0...1).contains($0) } == true)
                        break
                    }
                    #expect(isSeen)
                    group.cancelAll()
                }
            }
        }
    }

    @Test func aServerWithoutMetricsTellsNone() async throws {
        try await withMock(MockConfiguration()) { _, endpoint in
            try await withTransport { transport in
                for address in MetricsAddress.allCases {
                    #expect(await transport.load(of: endpoint, at: address) == nil)
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func warnsOfServersThatServeDifferentModels() async throws {
        var (first, second) = (MockConfiguration(), MockConfiguration())
        first.knownModels = ["a", "b"]
        second.knownModels = ["b"]
        try await withMock(first) { _, one in
            try await withMock(second) { _, other in
                try await withTransport { transport in
                    // Who is late is asked no more, and on a busy machine the mock may be.
                    var faults: [String] = []
                    while faults.isEmpty {
                        faults = await transport.faults(of: "vllm", [one, other], asking: ["a", "b"])
                    }
                    #expect(
                        faults == [
                            "vllm: the model 'a' is served at \(one.url), but not at \(other.url), where 'b' is: there "
                                + "its jobs are refused, or answered by another model"
                        ])
                    #expect(await transport.faults(of: "vllm", [one, other], asking: ["b"]) == [])
                    #expect(await transport.faults(of: "vllm", [one, one], asking: ["a"]) == [])
                }
            }
        }
    }

    @Test func aServerThatCannotBeReachedIsNoFault() async throws {
        let silent = try SilentListener()
        let away = try Endpoint(
            provider: Provider(name: "vllm", baseURL: "http://127.0.0.1:\(silent.port)/v1", needsKey: false),
            environment: [:])
        try await withMock(MockConfiguration()) { _, here in
            try await withTransport { transport in
                #expect(await transport.faults(of: "vllm", [here, away], asking: ["slow"]) == [])
                #expect(await transport.load(of: away, at: .usual) == nil)
            }
        }
    }

    @Test func aRunWarnsOfEachPoolByItsProvidersName() async throws {
        let warnings = Mutex<[String]>([])
        var session = BatchSession(
            path: "answers.db", options: BatchOptions(), environment: [:],
            providers: ProviderTable([], moved: nil, catalog: ProviderCatalog(), environment: [:]),
            prices: PriceTable(), scope: .all)
        session.observer.warned = { text in warnings.withLock { $0.append(text) } }
        var (first, second) = (MockConfiguration(), MockConfiguration())
        first.knownModels = ["a"]
        second.knownModels = ["b"]
        try await withMock(first) { _, one in
            try await withMock(second) { _, other in
                try await withTransport { transport in
                    let models = [ModelName(provider: "vllm", model: "a"), ModelName(provider: "lab", model: "b")]
                    await session.warnOfPools([one, other], asking: models, by: transport)
                }
                let warned = warnings.withLock { $0 }
                #expect(warned.count == 1)
                #expect(warned.first?.hasPrefix("vllm: the model 'a' is served at \(one.url), but") == true)
            }
        }
    }
}
