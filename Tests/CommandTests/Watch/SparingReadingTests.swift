import Synchronization
import Testing

@testable import llm4s_batch

/// What is asked often is read seldom.
struct SparingReadingTests {
    private struct Fault: Error {}

    @Test func thoseWhoAskWhileItIsReadGetTheSame() async throws {
        let count = Mutex(0)
        let reading = SparingReading(.seconds(3_600)...(.seconds(3_600))) {
            let number = count.withLock { count in
                count += 1
                return count
            }
            await Task.yield()
            return number
        }
        let values = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 { group.addTask { try await reading.value() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(values == Array(repeating: 1, count: 50))
        #expect(try await reading.value() == 1)
    }

    @Test func eachKeyIsReadOnceAndOnlySomeAreKept() async throws {
        let reads = Mutex<[Int]>([])
        let readings = SparingReadings<Int, Int>(.seconds(3_600)...(.seconds(3_600)), most: 2) { key in
            reads.withLock { $0.append(key) }
            return key * 10
        }
        for key in [1, 2, 1, 2, 3, 3] { #expect(try await readings.value(key) == key * 10) }
        #expect(reads.withLock { $0 } == [1, 2, 3])
        // The third took the place of those before.
        #expect(try await readings.value(1) == 10)
        #expect(reads.withLock { $0 } == [1, 2, 3, 1])
    }

    /// Who asks while the next one is read has the one before, and does not wait.
    @Test(.timeLimit(.minutes(15))) func anOldValueIsGivenWhileTheNextIsRead() async throws {
        let (released, releasing) = AsyncStream.makeStream(of: Void.self)
        let count = Mutex(0)
        let reading = SparingReading(.zero...(.zero), given: .seconds(3_600), patience: .zero) {
            let number = count.withLock { count in
                count += 1
                return count
            }
            if number == 2 { for await _ in released { break } }
            if number > 2 { throw Fault() }
            return number
        }
        #expect(try await reading.value() == 1)
        for _ in 0..<3 { #expect(try await reading.value() == 1) }
        #expect(count.withLock { $0 } <= 2)
        releasing.yield()
        // The one that was read has its place, and the next is begun.
        while try await reading.value() == 1 { await Task.yield() }
        // Which fails: that is told, instead of what was once so.
        await #expect(throws: Fault.self) { while try await reading.value() == 2 { await Task.yield() } }
    }

    /// What was read in no time is never given when it is old.
    @Test func aReadingThatTakesNoTimeIsWaitedFor() async throws {
        let count = Mutex(0)
        let reading = SparingReading(.zero...(.zero), given: .seconds(3_600), patience: .seconds(3_600)) {
            count.withLock { count in
                count += 1
                return count
            }
        }
        for number in 1...20 { #expect(try await reading.value() == number) }
    }

    @Test func aFaultIsNotKeptAndAnOldValueIsReadAnew() async throws {
        let count = Mutex(0)
        let reading = SparingReading(.zero...(.zero)) {
            let number = count.withLock { count in
                count += 1
                return count
            }
            if number == 1 { throw Fault() }
            return number
        }
        await #expect(throws: Fault.self) { try await reading.value() }
        #expect(try await reading.value() == 2)
        #expect(try await reading.value() == 3)
    }
}
