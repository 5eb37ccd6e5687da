import Foundation
import LLM4S
import MockProvider
import NIOCore
import Synchronization
import Testing

/// What a thousand cancelled streams leave behind: nothing.
///
/// It counts everything that its process has open, so it has a process of its own: `EndToEndResourceTests` starts one.
/// (swift-testing's exit tests wait for any child that has ended, and turn in a circle at one that is another test's.)
@Suite(.enabled(if: ProcessInfo.processInfo.environment["LLM4S_ALONE"] != nil, "it counts what its process has open"))
struct ResourceTests {
    /// The ways in which a user gives a stream up.
    enum Way: CaseIterable {
        case callbackCancelled, sequenceCancelled, loopLeft, iteratorDropped, cancelledBeforeTheAnswer
    }

    @Test(.timeLimit(.minutes(15)))
    func aThousandCancelledStreamsLeaveNothingBehind() async throws {
        let server = try await MockServer.start()
        let environment = ["MOCK_BASE_URL": server.baseURL]
        let talking = try LLM.client(model: "mock/count-50+silent=middle", environment: environment)
        let silent = try LLM.client(model: "mock/count-50+silent=headers", environment: environment)
        // Event loops, threads and a first connection come with the first streams.
        for way in Way.allCases { try await Self.giveUp(20, way, talking, silent, server) }
        let (descriptors, threads) = (Self.count("/proc/self/fd"), Self.count("/proc/self/task"))
        for _ in 0..<2 {
            for way in Way.allCases { try await Self.giveUp(100, way, talking, silent, server) }
        }
        #expect(Self.count("/proc/self/fd") == descriptors, "open files")
        // Dispatch adds one where another waits, whoever it is that waits: a leak would be one a stream.
        let spare = ProcessInfo.processInfo.activeProcessorCount
        #expect(Self.count("/proc/self/task") <= threads + spare, "threads")
        #expect(Token.living.load(ordering: .relaxed) == 0, "objects that callbacks hold")
        #expect(server.statistics.connectionsAccepted == 1_100)
        #expect(server.statistics.openConnections == 0)
        await server.stop()
    }

    /// Begins streams, has each of them bring something unless the server is to be silent, and gives all up.
    private static func giveUp(
        _ count: Int, _ way: Way, _ talking: LLMClient, _ silent: LLMClient, _ server: MockServer
    ) async throws {
        let before = server.statistics.requests
        let begun = Tally()
        let tasks = (0..<count).map { _ in
            Task {
                let token = Token()
                switch way {
                case .callbackCancelled:
                    _ = try await talking.streamComplete([.user("Hi")]) { _ in
                        if token.touch() { begun.add() }
                    }
                case .cancelledBeforeTheAnswer:
                    _ = try await silent.streamComplete([.user("Hi")]) { _ in _ = token.touch() }
                case .sequenceCancelled:
                    for try await _ in talking.stream([.user("Hi")]) {
                        if token.touch() { begun.add() }
                    }
                case .loopLeft:
                    for try await _ in talking.stream([.user("Hi")]) { break }
                case .iteratorDropped:
                    var iterator = talking.stream([.user("Hi")]).makeAsyncIterator()
                    _ = try await iterator.next()
                }
            }
        }
        switch way {
        case .callbackCancelled, .sequenceCancelled: await begun.reach(count)
        case .cancelledBeforeTheAnswer:
            while server.statistics.requests < before + count { await Task.yield() }
        case .loopLeft, .iteratorDropped: break
        }
        if way != .loopLeft, way != .iteratorDropped { for task in tasks { task.cancel() } }
        for task in tasks { _ = await task.result }
        while server.statistics.openConnections > 0 { await Task.yield() }
        await settle(nil)
    }

    /// Waits until nothing closes any more: the number of open files has to stay for a while, or to be the expected
    /// one.
    private static func settle(_ expected: Int?) async {
        var (last, unchanged) = (count("/proc/self/fd"), 0)
        while unchanged < 2_000, last != expected {
            await Task.yield()
            let now = count("/proc/self/fd")
            unchanged = now == last ? unchanged + 1 : 0
            last = now
        }
    }

    private static func count(_ folder: String) -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: folder).count) ?? 0
    }
}

/// Lives as long as whoever holds it.
private final class Token: Sendable {
    static let living = Atomic(0)
    private let touches = Atomic(0)

    init() { Self.living.add(1, ordering: .relaxed) }
    deinit { Self.living.subtract(1, ordering: .relaxed) }

    /// Whether it is touched for the first time.
    func touch() -> Bool { touches.add(1, ordering: .relaxed).oldValue == 0 }
}
