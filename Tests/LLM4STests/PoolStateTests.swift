import LLMStreaming
import Testing

@testable import LLM4S

@Suite struct PoolStateTests {
    private static let a = Origin(isSecure: true, host: "a", port: 443)
    private static let b = Origin(isSecure: true, host: "b", port: 443)

    /// A pool in which a connection is a number and a waiter a name; a class, since expectations cannot mutate.
    private final class Pool {
        var state: PoolState<UInt64, String>

        init(maximumSetUps: Int) { state = PoolState(maximumSetUps: maximumSetUps) }

        func open(_ id: UInt64, of origin: Origin = PoolStateTests.a) -> Bool { state.opened(id, id: id, of: origin) }
        func free(_ id: UInt64, of origin: Origin, responseSeconds: Double? = nil) -> String? {
            switch state.free(id, id: id, of: origin, responseSeconds: responseSeconds) {
            case .give(let waiter): waiter
            case .keep: nil
            case .close: "close"
            }
        }
        func starve(_ id: UInt64, of origin: Origin, seconds: Double) -> UInt64? {
            state.starve(id, of: origin, seconds: seconds)
        }
        func request(_ origin: Origin) -> PoolGrant<UInt64>? { state.request(origin) }
        func retire(_ id: UInt64, of origin: Origin) -> Bool { state.retire(id, of: origin) }
        func withdraw(_ id: UInt64) -> String? { state.withdraw(id) }
        func setUpEnded(of origin: Origin = PoolStateTests.a, wasSlow: Bool = false) -> [String] {
            state.setUpEnded(of: origin, wasSlow: wasSlow)
        }
        func setUpIsSlow(of origin: Origin = PoolStateTests.a) -> [String] { state.setUpIsSlow(of: origin) }
    }

    @Test func reusesTheNewestIdleConnectionOfTheOrigin() {
        let pool = Pool(maximumSetUps: 10)
        for id in 1...3 as ClosedRange<UInt64> { _ = pool.open(id) }
        #expect(pool.free(1, of: Self.a) == nil)
        #expect(pool.free(2, of: Self.b) == nil)
        #expect(pool.free(3, of: Self.a) == nil)
        #expect(pool.request(Self.a) == .reuse(3))
        #expect(pool.request(Self.a) == .reuse(1))
        #expect(pool.request(Self.a) == .setUp)
        #expect(pool.request(Self.b) == .reuse(2))
        #expect(pool.state.statistics.connectionsReused == 3)
    }

    @Test func neverGivesAConnectionTwice() {
        let pool = Pool(maximumSetUps: 0)
        _ = pool.open(1)
        _ = pool.free(1, of: Self.a)
        #expect(pool.request(Self.a) == .reuse(1))
        #expect(pool.request(Self.a) == nil)
        #expect(!pool.retire(1, of: Self.a))
    }

    @Test func setUpsThatHangHoldNoPlacesOfTheirOriginButOneOfAll() {
        let pool = Pool(maximumSetUps: 10)
        for _ in 1...8 { #expect(pool.request(Self.a) == .setUp) }
        #expect(pool.request(Self.a) == nil)
        for id in 1...5 { pool.state.enqueue("w\(id)", id: UInt64(100 + id), for: Self.a) }
        #expect(pool.setUpIsSlow() == ["w1"])
        #expect(pool.setUpIsSlow() == ["w2"])
        // Ten are under way in all.
        #expect(pool.setUpIsSlow().isEmpty)
        #expect(pool.request(Self.b) == .setUp, "one of each origin all the same")
        #expect(pool.setUpEnded(of: Self.b).isEmpty)
        // One that hung ends: it held a place of all, but none of its origin's.
        #expect(pool.setUpEnded(wasSlow: true) == ["w3"])
        #expect(pool.setUpEnded() == ["w4"])
        #expect(pool.setUpEnded(wasSlow: true).isEmpty)
        #expect(pool.setUpEnded() == ["w5"])
        #expect(pool.setUpEnded(wasSlow: true).isEmpty)
        for _ in 1...8 { #expect(pool.setUpEnded().isEmpty) }
        // All is as at first.
        for _ in 1...8 { #expect(pool.request(Self.a) == .setUp) }
        #expect(pool.request(Self.a) == nil)
    }

    @Test func forgetsConnectionsThatCloseOrRetire() {
        let pool = Pool(maximumSetUps: 10)
        for id in 1...4 as ClosedRange<UInt64> {
            _ = pool.open(id)
            _ = pool.free(id, of: Self.a)
        }
        pool.state.closed(4, of: Self.a)
        #expect(pool.retire(2, of: Self.a))
        pool.state.closed(2, of: Self.a)
        #expect(pool.request(Self.a) == .reuse(3))
        #expect(pool.request(Self.a) == .reuse(1))
        #expect(pool.request(Self.a) == .setUp)
        #expect(pool.state.statistics.connectionsOpen == 2)
        // What is closed is never free again.
        #expect(pool.free(4, of: Self.a) == nil)
        #expect(pool.request(Self.a) == .setUp)
    }

    @Test func servesWhoWaitsInOrder() {
        let pool = Pool(maximumSetUps: 1)
        #expect(pool.request(Self.a) == .setUp)
        for (id, name) in [(1, "first"), (2, "second"), (3, "third")] as [(UInt64, String)] {
            #expect(pool.request(Self.a) == nil)
            pool.state.enqueue(name, id: id, for: Self.a)
        }
        #expect(pool.withdraw(1) == "first")
        #expect(pool.withdraw(1) == nil)
        #expect(pool.setUpEnded() == ["second"])
        #expect(pool.setUpEnded() == ["third"])
        #expect(pool.setUpEnded() == [])
        #expect(pool.request(Self.a) == .setUp)
    }

    @Test func givesAFreeConnectionToTheFirstWhoWaitsForItsOrigin() {
        let pool = Pool(maximumSetUps: 1)
        #expect(pool.request(Self.a) == .setUp)
        #expect(pool.request(Self.b) == .setUp, "one whatever others have taken")
        _ = pool.open(1)
        pool.state.enqueue("b1", id: 1, for: Self.b)
        pool.state.enqueue("a1", id: 2, for: Self.a)
        pool.state.enqueue("a2", id: 3, for: Self.a)
        #expect(pool.free(1, of: Self.a) == "a1")
        #expect(pool.setUpEnded(of: Self.b) == ["b1"])
        #expect(pool.setUpEnded(of: Self.a) == ["a2"])
        #expect(pool.state.waitingCount == 0)
    }

    @Test func aDeadOriginHoldsThePlacesOfNoOther() {
        let pool = Pool(maximumSetUps: 100)
        for id in 1...50 as ClosedRange<UInt64> where pool.request(Self.a) == nil {
            pool.state.enqueue("a\(id)", id: id, for: Self.a)
        }
        #expect(pool.state.waitingCount == 42)
        for _ in 1...8 { #expect(pool.request(Self.b) == .setUp) }
        // A place of the other's goes to none of those that wait for the dead one beyond its own.
        #expect(pool.setUpEnded(of: Self.b) == [])
        #expect(pool.setUpEnded(of: Self.a) == ["a9"])
        let few = Pool(maximumSetUps: 3)
        while few.request(Self.a) == .setUp {}
        #expect(few.request(Self.b) == .setUp)
        #expect(few.request(Self.b) == nil)
    }

    @Test func closesWhatIsIdleForANewConnectionThatTheServerDoesNotTake() {
        let pool = Pool(maximumSetUps: 10)
        for id in 1...5 as ClosedRange<UInt64> { _ = pool.open(id) }
        // Nothing was answered yet: all may be slow.
        #expect(pool.starve(9, of: Self.a, seconds: 100) == nil)
        #expect(pool.free(1, of: Self.a, responseSeconds: 0.5) == nil)
        #expect(pool.free(2, of: Self.a, responseSeconds: 0.5) == nil)
        #expect(pool.starve(9, of: Self.a, seconds: 2.9) == nil, "not longer than usual")
        #expect(pool.starve(9, of: Self.a, seconds: 3) == 1, "the oldest")
        #expect(pool.starve(9, of: Self.a, seconds: 4) == 2)
        // Nothing is idle: the next one that becomes free is closed, one for each that starves.
        #expect(pool.starve(9, of: Self.a, seconds: 5) == nil)
        #expect(pool.starve(9, of: Self.a, seconds: 6) == nil)
        #expect(pool.free(3, of: Self.a, responseSeconds: 0.5) == "close")
        #expect(pool.free(4, of: Self.a, responseSeconds: 0.5) == nil)
        #expect(pool.request(Self.a) == .reuse(4))
        #expect(pool.starve(9, of: Self.a, seconds: 7) == nil)
        pool.state.endStarvation(9, of: Self.a)
        #expect(pool.free(5, of: Self.a, responseSeconds: 0.5) == nil, "it was answered meanwhile")
        #expect(pool.starve(7, of: Self.b, seconds: 100) == nil, "another origin")
    }

    @Test func setsUpAnEighthOfWhatStandsAtOnce() {
        let pool = Pool(maximumSetUps: 100)
        func setUps() -> Int {
            var count = 0
            while pool.request(Self.a) == .setUp { count += 1 }
            return count
        }
        #expect(setUps() == 8)
        for waiter in 1...64 as ClosedRange<UInt64> { pool.state.enqueue("\(waiter)", id: waiter, for: Self.a) }
        // As the connections stand, their places go on, and more of them come.
        for id in 1...80 as ClosedRange<UInt64> { _ = pool.open(id) }
        #expect(pool.setUpEnded() == ["1", "2", "3"])
        for id in 81...2_000 as ClosedRange<UInt64> { _ = pool.open(id) }
        #expect(pool.setUpEnded().count == 61)
        #expect(setUps() == 100 - 70)
    }

    @Test func refusesEverythingAfterShutdown() {
        let pool = Pool(maximumSetUps: 1)
        _ = pool.open(1)
        pool.state.enqueue("waiter", id: 1, for: Self.a)
        let (waiters, connections) = pool.state.shutDown()
        #expect(waiters == ["waiter"])
        #expect(connections == [1])
        #expect(pool.request(Self.a) == .refused)
        #expect(!pool.open(2))
    }
}

extension PoolGrant: Equatable where Connection: Equatable {
    static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.reuse(let left), .reuse(let right)): left == right
        case (.setUp, .setUp), (.refused, .refused), (.cancelled, .cancelled): true
        default: false
        }
    }
}
