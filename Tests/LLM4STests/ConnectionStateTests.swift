import LLMStreaming
import NIOCore
import NIOPosix
import Testing

@testable import LLM4S

/// What becomes of a connection that carries no stream.
struct ConnectionStateTests {
    private static let idleLifetime = TimeAmount.seconds(30)
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test func anIdleConnectionIsRetiredAtTheEndOfItsLifetime() {
        var state = ConnectionState(at: start)
        #expect(state.deadline(idleLifetime: Self.idleLifetime) == start + .seconds(30))
        guard case .retire = state.expire(at: start + .seconds(30)) else {
            Issue.record("\(state)")
            return
        }
    }

    @Test func whatNobodyAskedForClosesTheConnection() {
        for bringBytes in [true, false] {
            var state = ConnectionState(at: start)
            guard case .close = bringBytes ? state.drain(1) : state.endBody(at: start), case .closed = state.phase
            else {
                Issue.record("\(state)")
                return
            }
            #expect(state.deadline(idleLifetime: Self.idleLifetime) == nil)
        }
    }

    @Test func aConnectionThatIsGoneServesNoMore() {
        var state = ConnectionState(at: start)
        guard case .wait = state.disconnect(at: start), case .closed = state.phase, state.stream == nil else {
            Issue.record("\(state)")
            return
        }
        #expect(!state.hasServed)
    }

    /// A server that answers a page at once may let answers wait, and the other way round.
    @Test(arguments: [false, true]) func howSoonAPageComesSaysNothingOfAnswers(isPage: Bool) throws {
        let endpoint = try Endpoint(
            provider: Provider(name: "lab", baseURL: "http://lab.example/v1", needsKey: false), environment: [:])
        let attempt = StreamAttempt(
            isPage ? ProviderRequest(.page(path: "/metrics")) : .test, to: endpoint, receiver: ChunkCollector(),
            pool: ConnectionPool(group: MultiThreadedEventLoopGroup.singleton, configuration: .test),
            timeouts: StreamTimeouts())
        let exchange = attempt.exchange(path: "/v1", isConnectionReused: false, at: start)
        var state = ConnectionState(at: start)
        let isBegun = state.begin(ActiveStream(attempt, exchange) { _ in }, at: start)
        #expect(isBegun)
        let report = state.waitToReport(at: start + .seconds(2))
        #expect(report == (isPage ? nil : 2))
        let wasReported = state.endWait(at: start + .seconds(3))
        #expect(wasReported == !isPage)
        #expect(state.responseSeconds == (isPage ? nil : 3))
    }
}
