import LLMStreaming
import NIOCore
import NIOHPACK
import NIOHTTP1
import Testing

@testable import LLM4S

/// What is sent: heads, bodies, and what keeps them back.
@Suite struct HTTP2RequestTests {
    private static let long = Array(repeating: UInt8(ascii: "p"), count: 100_000)

    @Test func sendsAHeadAsHTTP2HasIt() throws {
        try EmbeddedHTTP2.run { connection in
            connection.begin([
                "Host": "other.example", "Connection": "keep-alive", "Keep-Alive": "5", "Upgrade": "h2c",
                "Proxy-Connection": "x", "Transfer-Encoding": "chunked", "HTTP2-Settings": "AA", "TE": "gzip",
                "Authorization": "Bearer sk-1", "X-API-Key": "sk-2", "X-Team": " \t a b \t ", "X-Empty": "  ",
            ])
            let frame = try #require(connection.sent(.headers).first)
            let fields = try connection.fields(of: frame)
            let sent = fields.map { "\($0.name): \($0.value)" }
            #expect(
                sent == [
                    ":method: POST", ":scheme: http", ":authority: other.example", ":path: /v1",
                    "authorization: Bearer sk-1", "x-api-key: sk-2", "x-team: a b", "x-empty: ",
                ])
            for field in fields where ["authorization", "x-api-key"].contains(field.name) {
                #expect(field.indexable == .neverIndexed)
            }
        }
    }

    @Test func keepsTrailersAllowed() throws {
        try EmbeddedHTTP2.run { connection in
            connection.begin(["host": "a", "te": "Trailers"])
            let frame = try #require(connection.sent(.headers).first)
            #expect(try connection.fields(of: frame).first(name: "te") == "trailers")
        }
    }

    /// The second head names what the first brought into the table; the secret is not in it.
    @Test func doesNotIndexSecrets() throws {
        try EmbeddedHTTP2.run { connection in
            let fields: HTTPHeaders = ["host": "a", "authorization": "Bearer sk-1", "x-team": "a-long-enough-value"]
            connection.begin(fields)
            connection.begin(fields)
            let sizes = connection.sent(.headers).map(\.payload.count)
            #expect(sizes.count == 2 && sizes[1] > "Bearer sk-1".count / 2 && sizes[1] < sizes[0] - 15)
        }
    }

    @Test func aRequestWithoutABodyEndsWithItsHead() throws {
        try EmbeddedHTTP2.run { connection in
            let call = connection.begin(body: [])
            #expect(connection.sent().map { "\($0.type) \($0.flags & 1)" } == ["1 1"])
            connection.receive(WireFrame.answer())
            #expect(call.text == Chat.text)
        }
    }

    @Test func sendsAsMuchOfABodyAsTheWindowTakes() throws {
        try EmbeddedHTTP2.run { connection in
            var timeouts = StreamTimeouts()
            timeouts.firstToken = .seconds(50)
            let call = connection.begin(timeouts: timeouts, body: Self.long)
            #expect(connection.sent(.data).reduce(0) { $0 + $1.payload.count } == 65_535)
            connection.advance(.seconds(40))
            connection.receive([.window(1, 100_000)])
            #expect(connection.sent(.data).isEmpty, "the connection's is shut")
            connection.receive([.window(0, 100_000)])
            let rest = connection.sent(.data)
            #expect(rest.reduce(0) { $0 + $1.payload.count } == 100_000 - 65_535)
            #expect(rest.last?.flags == 1)
            connection.advance(.seconds(49))
            #expect(call.ends.isEmpty, "the clock runs since it was sent")
            connection.advance(.seconds(1))
            #expect(call.error?.kind == .timeoutFirstToken)
        }
    }

    @Test func aServerThatTakesNoBodyCostsItsStreamOnly() throws {
        try EmbeddedHTTP2.run { connection in
            var timeouts = StreamTimeouts()
            timeouts.firstToken = .seconds(10)
            let (call, other) = (connection.begin(timeouts: timeouts, body: Self.long), connection.begin(body: []))
            connection.advance(.seconds(10))
            #expect(call.error?.kind == .timeoutFirstToken)
            #expect(connection.sent(.reset) == [.reset(1, 8)])
            connection.receive(WireFrame.answer(3))
            #expect(other.text == Chat.text)
        }
    }

    @Test func anAnswerMayComeBeforeTheBodyIsTaken() throws {
        try EmbeddedHTTP2.run { connection in
            let call = connection.begin(body: Self.long)
            _ = connection.sent()
            connection.receive([.head(1, status: "413"), .data("too long", end: true), .reset(1, 0)])
            #expect(call.error?.message == "too long")
            #expect(connection.told.freed == 1)
            #expect(connection.sent(.data).isEmpty)
        }
    }

    @Test(arguments: [false, true])
    func givesThePlaceOfAKeptBackRequestBack(isSentAtLast: Bool) throws {
        try EmbeddedHTTP2.run { connection in
            connection.setWritable(false)
            let (call, other) = (connection.begin(), connection.begin())
            #expect(connection.sent().isEmpty)
            connection.cancel(call)
            #expect(call.error?.kind == .cancelled)
            #expect(connection.told.freed == 1)
            guard isSentAtLast else { return }
            connection.setWritable(true)
            #expect(connection.sent(.headers).map(\.stream) == [3])
            connection.receive(WireFrame.answer(3))
            #expect(other.text == Chat.text)
        }
    }

    @Test func aHeadThatCannotBeSentCostsItsStreamOnly() throws {
        try EmbeddedHTTP2.run { connection in
            let good = connection.begin()
            let call = connection.begin(["host": "a", "bad name": "x"])
            connection.runLoop()
            #expect(call.error?.kind == .connect)
            connection.receive(WireFrame.answer(1))
            #expect(good.text == Chat.text)
            let next = connection.begin()
            connection.receive(WireFrame.answer(5))
            #expect(next.text == Chat.text)
        }
    }
}
