import LLMStreaming
import NIOCore
import NIOEmbedded
import Testing

@testable import LLM4S

/// What a success's body is, its bytes decide and not its head.
@Suite struct BodyFormTests {
    private static let whole =
        #"{"id":"chat-1","model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"Hello, wörld"},"#
        + #""finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#
    /// The objects of a stream of chunks.
    private static let objects = (Chat.delta("Hello,") + Chat.delta(" wörld") + Chat.finish() + Chat.usage)
        .split(separator: "\n").map { String($0.dropFirst("data: ".count)) }

    /// Bodies that all say the same.
    static let bodies = [
        Chat.whole, "\u{FEFF}" + Chat.whole, "\n\n: wait\n\n: wait\r\n" + Chat.whole,
        Chat.whole.replacing("data: ", with: "data:"), "event: message\n" + Chat.whole, "id: 1\n" + Chat.whole,
        "retry: 3000\n\n" + Chat.whole,
        // Events with no blank line between them.
        Chat.whole.replacing("\n\n", with: "\n"),
        // One completion; with its own sign of the end; with signs of life before and in it.
        whole, "\u{FEFF}" + whole, whole + "\n\n" + Chat.done, "data: " + whole + "\n\n", " \n\n \n" + whole,
        ": OPENROUTER PROCESSING\n\n" + whole, whole.replacing("\",\"", with: "\"\n\n , \n\""),
        // Chunks by lines, as an array, as an array in an event.
        objects.joined(separator: "\n"), objects.joined(), objects.joined(separator: "\r\n") + "\n[DONE]\n",
        "[" + objects.joined(separator: ",\n") + "]", "data: [" + objects.joined(separator: ",") + "]\n\n" + Chat.done,
        "[" + whole + "]",
    ]

    /// What another service says, or what compresses on the way, is of no one job.
    @Test(
        arguments: [
            (#"{"status":"ok"}"#, "application/json"), ("{}", "application/json"), ("[]", "application/json"),
            (#"{"database":"ok","version":"9"}"#, "application/json"), ("OK", "text/plain"),
            ("OK", "text/event-stream"),
            (#""OK""#, "application/json"), ("<html>Log in</html>", "text/html"),
            ("\u{1F}", "application/octet-stream"),
        ], [Dialect.openAIChat, .openAIResponses, .anthropicMessages])
    func anAnswerOfAnotherServiceSpeaksAgainstTheProvider(_ answer: (body: String, type: String), _ dialect: Dialect)
        throws
    {
        let result = try EmbeddedExchange.run(dialect: dialect) { exchange in
            try exchange.receive(Array(Wire.counted(answer.body, type: answer.type).utf8))
        }
        #expect(result.error?.kind == .decode)
        #expect(result.error?.suspicion == .provider, "\(String(describing: result.error))")
    }

    @Test(arguments: bodies, ["text/event-stream", "application/json", "text/plain; charset=utf-8", "text/html", nil])
    func theSameBodyIsReadUnderEveryName(body: String, type: String?) throws {
        let answer = Array(Wire.counted(body, type: type).utf8)
        for size in [answer.count, 7, 1] {
            let result = try EmbeddedExchange.run { exchange in
                for start in stride(from: 0, to: answer.count, by: size) {
                    try exchange.receive(answer[start..<min(start + size, answer.count)])
                }
            }
            #expect(result.completion?.content == Chat.text, "reads of \(size): \(result.outcome)")
            #expect(result.completion?.finishReason == .stop)
            #expect(result.usage?.completionTokens == 2)
        }
    }

    @Test(arguments: [
        ("NO-HEALTHY-UPSTREAM", "text/event-stream", "NO-HEALTHY-UPSTREAM"),
        ("NO-HEALTHY-UPSTREAM", "text/plain", "NO-HEALTHY-UPSTREAM"),
        ("NO-HEALTHY-UPSTREAM", "application/json", "NO-HEALTHY-UPSTREAM"),
        ("<html><title>LOGIN-PAGE</title></html>", "text/event-stream", "LOGIN-PAGE"),
        ("<!doctype html><title>LOGIN-PAGE</title>", "application/json", "LOGIN-PAGE"),
        ("data: UPSTREAM-TIMEOUT\n\n", "text/event-stream", "UPSTREAM-TIMEOUT"),
        ("data: UPSTREAM-TIMEOUT", "text/event-stream", "UPSTREAM-TIMEOUT"),
        ("data: \"UPSTREAM-TIMEOUT\"\n\n", "text/event-stream", "UPSTREAM-TIMEOUT"),
        (#"{"code":20012,"message":"MODEL-IS-GONE","data":null}"#, "application/json", "MODEL-IS-GONE"),
        (#"{"code":20012,"message":"MODEL-IS-GONE","data":null}"#, "text/event-stream", "MODEL-IS-GONE"),
        (#"{"success":false,"errors":[{"code":7003,"message":"NO-ROUTE"}]}"#, "application/json", "NO-ROUTE"),
        (#"{"nobody":"knows","this":"FORM-OF-OURS"}"#, "application/json", "FORM-OF-OURS"),
        ("data: {\"nobody\":\"FORM-OF-OURS\"}\n\n", "text/event-stream", "FORM-OF-OURS"),
        ("event: hello\ndata: {\"nobody\":\"FORM-OF-OURS\"}\n\n" + Chat.done, "text/event-stream", "FORM-OF-OURS"),
        ("[{\"error\":{\"message\":\"QUOTA-WORDS\",\"code\":503}}]", "application/json", "QUOTA-WORDS"),
    ])
    func whatIsNoAnswerIsToldInItsWords(body: String, type: String, words: String) throws {
        let result = try EmbeddedExchange.run { exchange in
            try exchange.receive(Wire.counted(body, type: type))
        }
        #expect(result.error?.message.contains(words) == true, "\(result.outcome)")
    }

    @Test func whatCameOfLinesOfJSONIsKept() throws {
        let result = try EmbeddedExchange.run { exchange in
            try exchange.receive(Wire.chunkedHead + Wire.chunk(Self.objects[0] + "\n" + Self.objects[1].prefix(40)))
            exchange.close()
        }
        #expect(result.error?.kind == .cut)
        #expect(result.partial.text == "Hello,")
    }

    // MARK: Compression

    private static let zipped: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x4B, 0x49, 0x2C, 0x49, 0xB4, 0x52]
    private static let brotli: [UInt8] = [0x5B, 0x21, 0x00, 0xF8, 0x8D, 0x94, 0x6E, 0xDE, 0x44, 0x55, 0x94]

    /// An answer with that coding and body, and the name under which it must be told.
    static let compressed: [(fields: String, body: [UInt8], name: String)] = [
        ("content-encoding: gzip\r\n", zipped, "gzip"), ("", zipped, "gzip"),
        ("content-encoding: br\r\n", brotli, "br"), ("content-encoding: identity, deflate\r\n", brotli, "deflate"),
        ("", [0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x58], "zstd"),
    ]

    @Test(arguments: compressed, [200, 400, 500])
    func aCompressedBodyIsNamedAsWhatItIs(
        answer: (fields: String, body: [UInt8], name: String), status: Int
    ) throws {
        let head = Wire.head("\(status) X", "content-length: \(answer.body.count)\r\n" + answer.fields)
        for size in [answer.body.count, 1] {
            let result = try EmbeddedExchange.run { exchange in
                try exchange.receive(head)
                for start in stride(from: 0, to: answer.body.count, by: size) {
                    try exchange.receive(answer.body[start..<min(start + size, answer.body.count)])
                }
            }
            let error = try #require(result.error)
            #expect(error.message.contains("compressed (content-encoding: \(answer.name))"))
            #expect(!error.message.contains("\u{FFFD}"))
            #expect(error.kind == (status == 200 ? .decode : status == 400 ? .invalidRequest : .server))
            // What is paid for is not asked for again to fail in the same way.
            #expect(status != 200 || !error.isRetryable)
        }
    }

    @Test func aCodingThatIsOnlyNamedDoesNoHarm() throws {
        for body in [Chat.whole, Self.whole] {
            let result = try EmbeddedExchange.run { exchange in
                try exchange.receive(Wire.counted(body, "content-encoding: gzip\r\n"))
            }
            #expect(result.completion?.content == Chat.text)
        }
    }

    // MARK: Errors as event streams

    @Test(arguments: [
        #"event: error\#ndata: {"error":{"message":"THE-WORDS","type":"overloaded_error"}}\#n\#n"#,
        #"data: {"error":{"message":"THE-WORDS","code":"overloaded_error"}}\#n\#ndata: [DONE]\#n\#n"#,
        #": hello\#n\#nid: 1\#nevent:error\#n:HTTP_STATUS/503\#ndata:{"code":"overloaded","message":"THE-WORDS"}\#n\#n"#,
        #"data: {"id":"x"}\#n\#nevent: error\#ndata: {"message":"THE-WORDS","type":"overloaded_error"}"#,
    ])
    func anErrorThatComesAsAnEventStreamIsRead(body: String) throws {
        for type in ["text/event-stream", "application/json"] {
            let result = try EmbeddedExchange.run { exchange in
                try exchange.receive(Wire.counted(body, status: "500 X", type: type))
            }
            #expect(result.error?.message == "THE-WORDS")
            #expect(result.error?.kind == .overloaded)
        }
    }

    /// A server may send comments byte by byte: a look at all of them for each would be work by the square.
    @Test func bytesThatWereSeenAreNotLookedAtAgain() {
        var opening = BodyOpening(head: ResponseHead(status: 200, headers: [HeaderField("content-type", "text/html")]))
        let comment = Array(": wait\n: wa".utf8)
        #expect(opening.kind(of: comment.span) == .undecided)
        let others = Array("<html>\n: waiting\ndata: {}".utf8)
        #expect(opening.kind(of: others.span) == .events)
    }

    // MARK: The end

    @Test func anAnswerThatGoesOnBehindAReasonIsNotClosed() throws {
        let stop = Chat.delta("a").replacing("\"finish_reason\":null", with: "\"finish_reason\":\"stop\"")
        let result = try EmbeddedExchange.run { exchange in
            try exchange.receive(Wire.chunkedHead + Wire.chunk(stop))
            for _ in 0..<3 {
                exchange.loop.advanceTime(by: .seconds(4))
                try exchange.receive(Wire.chunk(stop))
            }
            // Longer than an answered stream is waited for, since nothing but the end tells now.
            exchange.loop.advanceTime(by: .seconds(9))
            try exchange.receive(Wire.chunk(stop + Chat.done) + Wire.lastChunk)
        }
        #expect(result.completion?.content == "aaaaa")
    }

    @Test func aMessageWithItsStopReasonIsWholeOnceOnlyPingsCome() throws {
        let events = Messages.whole.replacing(Messages.event("message_stop", #"{"type":"message_stop"}"#), with: "")
        let ping = Wire.chunk(Messages.event("ping", #"{"type":"ping"}"#))
        let result = try EmbeddedExchange.run(dialect: .anthropicMessages) { exchange in
            try exchange.receive(Wire.chunkedHead + Wire.chunk(events))
            for _ in 0..<4 {
                exchange.loop.advanceTime(by: .seconds(2))
                try exchange.receive(ping)
            }
        }
        #expect(result.completion?.content == Chat.text)
        #expect((5_000_000...6_000_000).contains(result.durationMicroseconds))
        let lost = try EmbeddedExchange.run(dialect: .anthropicMessages) { exchange in
            try exchange.receive(Wire.chunkedHead + Wire.chunk(events))
            exchange.close()
        }
        #expect(lost.error?.kind == .cut)
    }
}
