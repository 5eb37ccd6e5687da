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
