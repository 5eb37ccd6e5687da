import ServerSentEvents
import Testing

/// Events that have no blank line between them, each a whole JSON object on a line of its own.
@Suite struct ObjectLineTests {
    /// The events of a stream, the unfinished one too, as type and data.
    private static func events(_ text: String, size: Int = .max, isOn: Bool = true) throws -> [String] {
        var parser = SSEParser(objectLinesAreEvents: isOn)
        var events: [String] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: min(size, bytes.count)) {
            parser.append(bytes[start..<min(start + min(size, bytes.count), bytes.count)])
            while let event = try parser.nextEvent() { events.append("\(event.type) \(event.text)") }
        }
        while let event = try parser.unfinishedEvent() { events.append("\(event.type) \(event.text)") }
        #expect(parser.eventCount == events.count)
        return events
    }

    @Test(arguments: [
        (
            "data: {\"a\":1}\ndata: {\"b\":2}\ndata: [DONE]\n",
            ["message {\"a\":1}", "message {\"b\":2}", "message [DONE]"]
        ),
        ("data:{}\r\ndata:{\"b\":{}}\r\n\r\n", ["message {}", "message {\"b\":{}}"]),
        ("event: x\ndata: {}\nevent: y\ndata: {}\n", ["x {}", "y {}"]),
        ("data: {}\nevent: error\ndata: {}\n\n", ["message {}", "error {}"]),
        ("event: x\ndata: {}\ndata: {}\n", ["x {}", "message {}"]),
        // A name behind the data of an event that ends in order is that event's.
        ("data: {}\nevent: x\nid: 1\n\ndata: {}\n\n", ["x {}", "message {}"]),
        // One object over several lines, strings with braces, and what is no object.
        ("data: {\ndata: \"a\":{}\ndata: }\n\n", ["message {\n\"a\":{}\n}"]),
        ("data: {\"a\":{}\ndata: }\n\n", ["message {\"a\":{}\n}"]),
        ("data: {\"a\":\"}{\\\"}\"}\ndata: {}\n\n", ["message {\"a\":\"}{\\\"}\"}", "message {}"]),
        ("data: {\"a\":\"\ndata: }\"}\n\n", ["message {\"a\":\"\n}\"}"]),
        ("data: {}{}\ndata: {}\n\n", ["message {}{}\n{}"]), ("data: a\ndata: b\n\n", ["message a\nb"]),
        ("data: []\ndata: {}\n\n", ["message []\n{}"]),
    ])
    func aLineThatIsAWholeObjectIsAnEvent(stream: String, expected: [String]) throws {
        for size in [Int.max, 3, 1] { #expect(try Self.events(stream, size: size) == expected, "reads of \(size)") }
    }

    @Test func theRuleIsKeptWhereItIsNotAskedFor() throws {
        #expect(try Self.events("data: {}\ndata: {}\n\n", isOn: false) == ["message {}\n{}"])
    }

    @Test func theEndOfSuchAnEventIsTheBeginningOfTheNextLine() throws {
        let first = "data: {\"a\":1}\n"
        for size in [1, 5, 100] {
            var parser = SSEParser(objectLinesAreEvents: true)
            let bytes = Array((first + "data: {}\n").utf8)
            for start in stride(from: 0, to: bytes.count, by: size) {
                parser.append(bytes[start..<min(start + size, bytes.count)])
            }
            #expect(try parser.nextEvent() != nil)
            #expect(parser.eventsEnd == first.utf8.count)
        }
    }

    @Test func aBoundOfAnEventIsNotOneOfTheStream() throws {
        var parser = SSEParser(maximumEventBytes: 64, objectLinesAreEvents: true)
        for _ in 0..<1_000 { parser.append("data: {\"content\":\"abc\"}\n".utf8) }
        var count = 0
        while try parser.nextEvent() != nil { count += 1 }
        #expect(count == 999)
    }
}
