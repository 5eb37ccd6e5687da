import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import LLM4S

/// The bytes of chunked bodies, wherever reads cut them; NIO's decoder says what is right.
@Suite struct ChunkedBodyTests {
    private static let body =
        "5\r\nhello\r\n1A;ext=\"a b\"\r\nabcdefghijklmnopqrstuvwxyz\r\n00c\r\ndata: \n\r\n0\r\n\r\n0\r\nx-sum: 17\r\nx: y\r\n\r\n"
    private static let data = "helloabcdefghijklmnopqrstuvwxyzdata: \n\r\n0\r\n"

    @Test func findsTheDataWhereverReadsCut() throws {
        let bytes = Array(Self.body.utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                var reading = Reading()
                try reading.take(bytes[..<first])
                try reading.take(bytes[first..<second])
                try reading.take(bytes[second...])
                try #require(reading.text == Self.data, "cut at \(first) and \(second)")
                try #require(reading.body.isEnded)
                try #require(reading.leftOver.isEmpty)
            }
        }
        var reading = Reading()
        for index in bytes.indices {
            #expect(!reading.body.isEnded)
            try reading.take(bytes[index...index])
        }
        #expect(reading.text == Self.data)
        #expect(reading.body.isEnded)
    }

    /// One range for each chunk that a read holds, and nothing of what follows the end.
    @Test func leavesWhatFollows() throws {
        var reading = Reading()
        try reading.take(Array("2\r\nab\r\n3\r\ncde\r\n0\r\n\r\nHTTP/1.1 200".utf8)[...])
        #expect(reading.pieces.map(\.count) == [2, 3])
        #expect(String(decoding: reading.leftOver, as: UTF8.self) == "HTTP/1.1 200")
        #expect(reading.body.isEnded)
    }

    @Test(arguments: [
        ("g\r\n", HTTPParserError.invalidChunkSize), ("\r\n", .invalidChunkSize), ("-1\r\n", .invalidChunkSize),
        ("+1\r\na", .invalidChunkSize), ("0x1\r\na", .invalidChunkSize), (" 1\r\na", .invalidChunkSize),
        ("1\na\r\n", .invalidChunkSize), (";a\r\n", .invalidChunkSize), ("1;a\nb\r\n", .invalidChunkSize),
        ("fffffffffffffffff\r\n", .invalidChunkSize),
        ("1\ra", .lfExpected), ("1\r\nabc", .strictModeAssertion), ("1\r\na\rb", .strictModeAssertion),
        ("1\r\na\n", .strictModeAssertion), ("0\r\n\ra", .lfExpected), ("0\r\na: b\n", .invalidHeaderToken),
    ])
    func refusesWhatIsNoChunk(bytes: String, error: HTTPParserError) throws {
        var whole = Reading()
        #expect(throws: error) { try whole.take(Array(bytes.utf8)[...]) }
        var single = Reading()
        #expect(throws: error) { for byte in bytes.utf8 { try single.take([byte]) } }
        #expect(whole.text == single.text)
        #expect(throws: (any Error).self) { try Oracle.read(Array(bytes.utf8)) }
    }

    @Test func endsWhatOnlyFrames() throws {
        var reading = Reading()
        try reading.take(Array(("1;" + String(repeating: "x", count: 60_000) + "\r\na\r\n").utf8)[...])
        #expect(reading.text == "a")
        #expect(throws: HTTPParserError.headerOverflow) {
            try reading.take(Array(("0\r\nx: " + String(repeating: "y", count: 30_000)).utf8)[...])
        }
    }

    /// What an `Int` holds, however it is written.
    @Test func takesTheLargestSize() throws {
        var reading = Reading()
        try reading.take(Array("0000000000000000003\r\nabc\r\n7fffffffffffffff\r\nde".utf8)[...])
        #expect(reading.text == "abcde")
        #expect(!reading.body.isEnded)
        var tooLarge = Reading()
        #expect(throws: HTTPParserError.invalidChunkSize) {
            try tooLarge.take(Array("8000000000000000\r\n".utf8)[...])
        }
    }

    /// Each byte of a body replaced by each that means something, taken away or doubled: what both take is the same.
    @Test func agreesWithNIOOnDamagedBodies() throws {
        let bytes = Array(Self.body.utf8)
        var agreed = 0
        for index in bytes.indices {
            let others = "\r\n;0 1Fg:\t\"\0".utf8.map { [$0] }
            for replacement in others + [[], [bytes[index], bytes[index]]] {
                let damaged = bytes[..<index] + replacement + bytes[(index + 1)...]
                guard let oracle = try? Oracle.read(Array(damaged)) else { continue }
                var reading = Reading()
                let note = "\(index), \(replacement)"
                #expect(throws: Never.self, "\(note)") { try reading.take(damaged) }
                #expect(reading.text == oracle.text, "\(note)")
                #expect(reading.body.isEnded == oracle.isEnded, "\(note)")
                agreed += 1
            }
        }
        // Damage to data is none to its frame.
        #expect(agreed > Self.data.utf8.count * 10)
    }
}

/// What a `ChunkedBody` makes of reads.
private struct Reading {
    var body = ChunkedBody()
    var pieces: [[UInt8]] = []
    var leftOver: [UInt8] = []

    var text: String { String(decoding: pieces.joined(), as: UTF8.self) }

    mutating func take(_ bytes: ArraySlice<UInt8>) throws {
        var index = 0
        let bytes = Array(bytes)
        while let range = try body.next(in: bytes.span, from: &index) { pieces.append(Array(bytes[range])) }
        leftOver += bytes[index...]
    }
}

/// What NIO's decoder makes of a body.
private enum Oracle {
    static func read(_ body: [UInt8]) throws -> (text: String, isEnded: Bool) {
        let channel = EmbeddedChannel()
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTPRequestEncoder())
        try pipeline.addHandler(ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes)))
        try channel.writeOutbound(
            HTTPClientRequestPart.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")))
        var bytes: [UInt8] = []
        var isEnded = false
        defer { _ = try? channel.finish() }
        try channel.writeInbound(ByteBuffer(string: Wire.chunkedHead))
        try channel.writeInbound(ByteBuffer(bytes: body))
        while let part = try channel.readInbound(as: HTTPClientResponsePart.self) {
            switch part {
            case .head: break
            case .body(let piece): bytes += piece.readableBytesView
            case .end: isEnded = true
            }
        }
        return (String(decoding: bytes, as: UTF8.self), isEnded)
    }
}
