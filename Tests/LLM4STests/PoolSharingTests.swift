import LLMStreaming
import Testing

@testable import LLM4S

/// Connections that carry many streams, in a pool in which a connection is a number and a waiter a name.
@Suite struct PoolSharingTests {
    private static let origin = Origin(isSecure: true, host: "a", port: 443)

    private final class Pool {
        var state: PoolState<UInt64, String>

        init(maximumSetUps: Int = 10) { state = PoolState(maximumSetUps: maximumSetUps) { _ in true } }

        func request() -> PoolGrant<UInt64>? { state.request(origin) }
        func wait(_ ids: ClosedRange<UInt64>) {
            for id in ids { state.enqueue("w\(id)", id: id, for: origin) }
        }
        /// A set-up ends, with those that get a place on the connection and those that set up the next ones.
        func stands(_ id: UInt64, streams: Int?) -> (sharing: [String], next: [String]) {
            _ = state.opened(id, id: id, of: origin, streams: streams)
            let sharing = state.fill(id, of: origin)
            return (sharing, state.setUpEnded(of: origin))
        }
        func fails() -> [String] {
            state.setUpFailed(of: origin)
            return state.setUpEnded(of: origin)
        }
        func free(_ id: UInt64) -> String? {
            switch state.free(id, id: id, of: origin, responseSeconds: 0.1) {
            case .give(let waiter): waiter
            case .keep: nil
            case .close: "close"
            }
        }
        func resize(_ id: UInt64, _ streams: Int) -> [String] { state.resize(id, of: origin, streams: streams) }
        func retire(_ id: UInt64) -> Bool { state.retire(id, of: origin) }
        func starve() -> UInt64? { state.starve(99, of: origin, seconds: 100) }
    }

    @Test func fillsAConnectionBeforeItMakesAnother() {
        let pool = Pool()
        #expect(pool.request() == .setUp)
        #expect(pool.stands(1, streams: 3) == ([], []))
        #expect(pool.request() == .reuse(1))
        #expect(pool.request() == .reuse(1))
        #expect(pool.request() == .setUp, "it is full")
        #expect(pool.free(1) == nil)
        #expect(pool.request() == .reuse(1))
        #expect(pool.state.statistics.connectionsReused == 3)
        #expect(pool.state.statistics.connectionsOpened == 1)
    }

    @Test func makesOneConnectionToLearnWhatItCarries() {
        let pool = Pool()
        #expect(pool.request() == .setUp)
        #expect(pool.request() == nil)
        pool.wait(1...30)
        let (sharing, next) = pool.stands(1, streams: 10)
        #expect(sharing == (1...9).map { "w\($0)" })
        // Two more carry eighteen, and those who make them.
        #expect(next == ["w10", "w11", "w12"])
        #expect(pool.stands(2, streams: 10) == ((13...21).map { "w\($0)" }, []))
        #expect(pool.stands(3, streams: 10) == ((22...30).map { "w\($0)" }, []))
        #expect(pool.state.waitingCount == 0)
    }

    @Test func goesOnAsByHTTP1WhereAConnectionCarriesOne() {
        let pool = Pool()
        #expect(pool.request() == .setUp)
        pool.wait(1...30)
        let (sharing, next) = pool.stands(1, streams: nil)
        #expect(sharing.isEmpty)
        #expect(next == (1...8).map { "w\($0)" })
        #expect(pool.free(1) == "w9")
    }

    @Test func doesNotWaitOneByOneForWhatFails() {
        let pool = Pool()
        #expect(pool.request() == .setUp)
        pool.wait(1...30)
        #expect(pool.fails() == (1...8).map { "w\($0)" })
        // What stands at last tells.
        #expect(pool.stands(1, streams: 10).sharing == (9...17).map { "w\($0)" })
    }

    @Test func givesWhatAServerTakesMore() {
        let pool = Pool(maximumSetUps: 1)
        #expect(pool.request() == .setUp)
        #expect(pool.stands(1, streams: 2) == ([], []))
        #expect(pool.request() == .reuse(1))
        #expect(pool.request() == .setUp)
        pool.wait(1...5)
        #expect(pool.resize(1, 4) == ["w1", "w2"])
        #expect(pool.resize(1, 1).isEmpty)
        for _ in 1...3 { #expect(pool.free(1) == nil, "it carries too many") }
        #expect(pool.free(1) == "w3")
        #expect(pool.resize(1, 0).isEmpty)
        #expect(pool.free(1) == nil)
        #expect(pool.stands(2, streams: 9).sharing == ["w4", "w5"])
    }

    @Test func aConnectionThatTakesNoneIsNotGiven() {
        let pool = Pool()
        #expect(pool.request() == .setUp)
        #expect(pool.stands(1, streams: 5) == ([], []))
        #expect(pool.resize(1, 0).isEmpty)
        #expect(pool.request() == .setUp)
        #expect(pool.free(1) == nil)
        #expect(pool.request() == nil, "another is under way")
        #expect(pool.retire(1), "nobody gets it any more")
        pool.state.closed(1, of: Self.origin)
        #expect(pool.resize(1, 5).isEmpty)
        #expect(pool.state.statistics.connectionsOpen == 0)
    }

    @Test func retiresAndClosesOnlyWhatIsEmpty() {
        let pool = Pool()
        #expect(pool.request() == .setUp)
        #expect(pool.stands(1, streams: 5) == ([], []))
        #expect(pool.request() == .reuse(1))
        #expect(pool.free(1) == nil)
        #expect(!pool.retire(1))
        #expect(pool.starve() == nil, "it carries one")
        #expect(pool.free(1) == "close", "for the one that starves")
        #expect(pool.retire(1))
        #expect(pool.request() == .setUp)
    }

    @Test func forgetsWhatClosedWithStreamsOnIt() {
        let pool = Pool()
        #expect(pool.request() == .setUp)
        #expect(pool.stands(1, streams: 5) == ([], []))
        #expect(pool.request() == .reuse(1))
        pool.state.closed(1, of: Self.origin)
        #expect(pool.free(1) == nil)
        #expect(pool.request() == .setUp)
    }
}
