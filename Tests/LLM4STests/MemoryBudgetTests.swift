import LLMStreaming
import NIOCore
import Synchronization
import Testing

@testable import LLM4S

/// Memory is bounded over all streams, and one of them always goes on.
@Suite struct MemoryBudgetTests {
    private let budget = MemoryBudget(limit: 64_000)

    @Test func whatIsHeldIsCountedInStepsAndGivenBack() {
        var share: MemoryShare? = MemoryShare(budget)
        #expect(budget.step == 1_000)
        #expect(share?.count(2_999) == 3_000)
        #expect(budget.heldBytes == 2_000)
        #expect(share?.count(500) == 1_000)
        #expect(budget.heldBytes == 0)
        _ = share?.count(70_000)
        #expect(budget.heldBytes == 70_000)
        share = nil
        #expect(budget.heldBytes == 0)
    }

    @Test func overTheBudgetOneGoesOnAndTheOthersInTheirOrder() {
        let woken = Woken()
        var shares: [MemoryShare?] = (0..<4).map { _ in MemoryShare(budget) }
        func grows(_ index: Int) -> Bool {
            shares[index]?.mayGrow(at: .uptimeNanoseconds(0)) { woken.add(index) } ?? false
        }
        for share in shares { _ = share?.count(20_000) }
        #expect(grows(0) && grows(0) && !grows(1) && !grows(2) && !grows(1))
        #expect(budget.waitingCount == 2)
        // It ended and is not stored yet: nothing is free, and nobody has its place.
        shares[0]?.end()
        #expect(woken.numbers == [])
        #expect(!grows(3))
        // Stored: there is room for all that wait.
        shares[0] = nil
        #expect(woken.numbers == [2, 1, 3])
        #expect(grows(1) && grows(3))
        #expect(budget.waitingCount == 0)
    }

    @Test func whoLeavesWakesNobodyInVain() {
        let woken = Woken()
        var shares: [MemoryShare?] = (0..<4).map { _ in MemoryShare(budget) }
        for share in shares { _ = share?.count(30_000) }
        for index in 0..<4 { _ = shares[index]?.mayGrow(at: .uptimeNanoseconds(0)) { woken.add(index) } }
        #expect(budget.waitingCount == 3)
        // Given up while it waited.
        shares[1] = nil
        #expect(woken.numbers == [])
        shares[0] = nil
        #expect(woken.numbers == [2, 3])
    }

    @Test func theOneThatGoesOnGivesWayOnceItIsSilent() {
        let woken = Woken()
        var shares: [MemoryShare?] = (0..<3).map { _ in MemoryShare(budget) }
        func grows(_ index: Int, _ second: Int64) -> Bool {
            shares[index]?.mayGrow(at: .uptimeNanoseconds(0) + .seconds(second)) { woken.add(index) } ?? false
        }
        for share in shares { _ = share?.count(40_000) }
        #expect(grows(0, 0) && !grows(1, 1) && !grows(2, 2))
        #expect(grows(0, 8) && !grows(1, 17), "it was not silent")
        #expect(grows(1, 18) && !grows(2, 18) && !grows(0, 19))
        #expect(budget.waitingCount == 2)
        // What has ended waits only for the store: nobody takes its place before it is given back.
        shares[1]?.end()
        #expect(!grows(2, 100) && !grows(0, 100))
        shares[1] = nil
        #expect(woken.numbers.first == 2)
        #expect(grows(2, 101))
    }

    /// More answers than fit, all of them at once and each larger than the budget: they end one after the other.
    @Test(.timeLimit(.minutes(15))) func answersBeyondTheBudgetAllEnd() async throws {
        var configuration = TransportConfiguration.test
        configuration.maximumHeldBytes = 1 << 20
        let piece = Wire.chunk(Chat.delta(String(repeating: "x", count: 16_000)))
        let (count, pieces) = (12, 100)
        try await withServer(
            configuration,
            script: { connection, _ in
                connection.send(Wire.chunkedHead)
                for _ in 0..<pieces { connection.send(piece) }
                connection.send(Wire.chunk(Chat.finish() + Chat.usage + Chat.done) + Wire.lastChunk)
            }
        ) { transport, server in
            let endpoint = try server.endpoint()
            let most = Most()
            let lengths = await withTaskGroup(of: Int.self) { group in
                for _ in 0..<count {
                    group.addTask {
                        let result = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
                        most.note(transport.heldBytes)
                        return result.completion?.content.utf8.count ?? 0
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(lengths == [Int](repeating: pieces * 16_000, count: count))
            // The budget, one answer, and what each reads at once: nowhere near all of them.
            #expect(most.bytes < count * pieces * 16_000 / 2)
            while transport.heldBytes > 0 { await Task.yield() }
        }
    }

    @Test(.timeLimit(.minutes(15))) func anEventThatDoesNotEndIsCountedAndAnAnswerThatWaitsCanBeCancelled() async throws
    {
        var configuration = TransportConfiguration.test
        configuration.maximumHeldBytes = 100_000
        let sent = Tally()
        try await withServer(
            configuration,
            script: { connection, _ in
                connection.send(Wire.chunkedHead + Wire.chunk("data: " + String(repeating: "x", count: 400_000)))
                sent.add()
            }
        ) { transport, server in
            let endpoint = try server.endpoint()
            // A task keeps its result, and with it its share, for as long as it is there.
            do {
                let tasks = (0..<3).map { _ in
                    Task { await transport.stream(.test, to: endpoint, receiver: ChunkCollector()) }
                }
                while transport.memoryWaitingCount < 2 { await Task.yield() }
                for task in tasks { task.cancel() }
                for task in tasks { #expect(await task.value.error?.kind == .cancelled) }
            }
            while transport.heldBytes > 0 { await Task.yield() }
            #expect(transport.memoryWaitingCount == 0)
        }
    }
}

/// Which waiters were called, in order.
private final class Woken: Sendable {
    private let called = Mutex<[Int]>([])

    var numbers: [Int] { called.withLock { $0 } }

    func add(_ number: Int) { called.withLock { $0.append(number) } }
}

/// The most of what was noted.
private final class Most: Sendable {
    private let noted = Mutex(0)

    var bytes: Int { noted.withLock { $0 } }

    func note(_ bytes: Int) { noted.withLock { $0 = max($0, bytes) } }
}
