import ServerSentEvents
import Testing

/// What the parser promises beside the rule: when events come, what is held, and where it stops.
@Suite struct SSEParserTests {
    @Test(arguments: ["data: a\n\n", "data: a\r\r", "data: a\r\n\r", "data: a\n\r", "data: a\r\n\n"])
    func anEventComesWithTheByteThatEndsIt(stream: String) throws {
        var parser = SSEParser()
        parser.append(stream.utf8.dropLast())
        #expect(try parser.nextEvent() == nil)
        parser.append(stream.utf8.suffix(1))
        #expect(try parser.nextEvent() == .event("a"))
    }

    @Test func takesAnySequenceOfBytes() throws {
        var parser = SSEParser()
        parser.append("data: a\n".utf8)
        parser.append(AnySequence("data: b\n".utf8))
        parser.append("data: c\n".utf8.lazy.map { $0 })
        parser.append(Array("\n".utf8).span)
        parser.append([])
        #expect(try parser.nextEvent() == .event("a\nb\nc"))
    }

    @Test func heldEventsOutliveLaterReads() throws {
        var parser = SSEParser()
        var held: [ServerSentEvent] = []
        for number in 0..<500 {
            parser.append("data: number \(number)\n\ndata: half of ".utf8)
            held.append(try #require(try parser.nextEvent()))
            parser.append("\(number)\n\n".utf8)
            if number % 3 == 0 { continue }  // some are left for later
            held.append(try #require(try parser.nextEvent()))
        }
        while let event = try parser.nextEvent() { held.append(event) }
        let expected = (0..<500).flatMap { ["number \($0)", "half of \($0)"] }
        #expect(held.map(\.text) == expected)
    }

    @Test func roomMayBeGivenBackAtAnyMoment() throws {
        let stream = Array((0..<60).map { "event: e\($0 % 7)\ndata: \($0)\ndata: more\n\n" }.joined().utf8)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let (events, cuts) = try Self.events(of: stream, with: &random)
            #expect(events.map(\.text) == (0..<60).map { "\($0)\nmore" }, "\(cuts)")
            #expect(events.map(\.type) == (0..<60).map { "e\($0 % 7)" }, "\(cuts)")
        }
    }

    /// The events of a stream that is cut at random, some left for later, with room given back now and then.
    private static func events(
        of stream: [UInt8], with random: inout SystemRandomNumberGenerator
    ) throws -> (events: [ServerSentEvent], steps: [String]) {
        var parser = SSEParser()
        var (events, steps, rest): ([ServerSentEvent], [String], ArraySlice<UInt8>) = ([], [], stream[...])
        while !rest.isEmpty {
            let count = Int.random(in: 1...60, using: &random)
            parser.append(rest.prefix(count))
            rest = rest.dropFirst(count)
            let taken = Int.random(in: 0...4, using: &random)
            for _ in 0..<taken { if let event = try parser.nextEvent() { events.append(event) } }
            let isGivenBack = Bool.random(using: &random)
            if isGivenBack { parser.giveBackRoom() }
            steps.append("\(count) bytes, \(taken) taken\(isGivenBack ? ", given back" : "")")
        }
        while let event = try parser.nextEvent() { events.append(event) }
        return (events, steps)
    }

    /// An event's place in the parser's buffer tells how much of it was kept.
    @Test(arguments: [false, true])
    func takenEventsMakeRoomForLaterOnes(isHeld: Bool) throws {
        var parser = SSEParser()
        var held: ServerSentEvent?
        let half = String(repeating: "x", count: 500)
        parser.append("data: \(half)".utf8)
        for _ in 1...100 {
            parser.append("\(half)\n\ndata: \(half)".utf8)
            let event = try #require(try parser.nextEvent())
            #expect(event.data.count == 1000)
            #expect(event.data.startIndex <= 1000)
            if isHeld { held = event }
        }
        #expect(held?.data.count == (isHeld ? 1000 : nil))
    }

    @Test func invalidTextIsReplaced() {
        let event = ServerSentEvent(data: [0x61, 0xFF, 0x62, 0xE2, 0x82, 0x63, 0xF0, 0x80])
        #expect(event.text == "a\u{FFFD}b\u{FFFD}c\u{FFFD}\u{FFFD}")
    }

    @Test func eventsNotYetTakenComeBeforeTheUnfinishedOne() throws {
        var parser = SSEParser(errorFieldIsEvent: true)
        parser.append("data: a\n\ndata: b\nerror: c".utf8)
        #expect(try parser.unfinishedEvent() == .event("a"))
        #expect(try parser.unfinishedEvent() == .event("c", type: "error"))
        #expect(try parser.unfinishedEvent() == .event("b"))
        #expect(try parser.unfinishedEvent() == nil)
        #expect(parser.eventCount == 3)
    }

    @Test func anEventAsLargeAsTheLimitPasses() throws {
        var parser = SSEParser(maximumEventBytes: 5)
        parser.append("data: 12345\n\ndata: 12\ndata: 45\n\nevent: abcde\ndata: 12345\n\n".utf8)
        #expect(try parser.nextEvent() == .event("12345"))
        #expect(try parser.nextEvent() == .event("12\n45"))
        #expect(try parser.nextEvent() == .event("12345", type: "abcde"))
    }

    @Test(arguments: [
        "data: 123456", "data: 123\ndata: 56", "data: 12345\ndata", "data: 1\nid: 23456", "event: 123456", "id: 123456",
        "retry: 000001", "error: 123456",
    ])
    func anEventOverTheLimitFailsForGood(stream: String) throws {
        let bytes = Array("data: whole\n\n\(stream)\n\ndata: x\n\n".utf8)
        for pieces in [[bytes[...]], bytes.cut(at: 0..<bytes.count)] {
            var parser = SSEParser(maximumEventBytes: 5, errorFieldIsEvent: true)
            for piece in pieces {
                parser.append(piece)
                #expect(parser.bufferedByteCount <= 5 + 5)
            }
            #expect(try parser.nextEvent() == .event("whole"))
            for _ in 1...2 {
                #expect(throws: SSEError.eventTooLarge(limit: 5)) { try parser.nextEvent() }
                #expect(throws: SSEError.eventTooLarge(limit: 5)) { try parser.unfinishedEvent() }
                parser.append("\n\ndata: y\n\n".utf8)
            }
            #expect(parser.eventCount == 1)
            #expect(parser.bufferedByteCount == 0)
        }
    }

    @Test func anUnfinishedLineOverTheLimitFailsBeforeItEnds() throws {
        var parser = SSEParser(maximumEventBytes: 5)
        parser.append("data: 12345".utf8)
        #expect(try parser.nextEvent() == nil)
        parser.append("6".utf8)
        #expect(throws: SSEError.eventTooLarge(limit: 5)) { try parser.nextEvent() }
    }

    @Test(arguments: [":", "unknown: ", "unknown"])
    func whatIsIgnoredIsNotKept(start: String) throws {
        var parser = SSEParser(maximumEventBytes: 5)
        parser.append("data: 1\n\(start)".utf8)
        let kilobyte = [UInt8](repeating: 0x78, count: 1024)
        for _ in 1...100 {
            parser.append(kilobyte)
            #expect(try parser.nextEvent() == nil)
            #expect(parser.bufferedByteCount == 1)
        }
        parser.append("\n\n".utf8)
        #expect(try parser.nextEvent() == .event("1"))
        #expect(parser.bufferedByteCount == 0)
    }

    @Test func commentsAreCountedAsTheyBegin() {
        var parser = SSEParser()
        parser.append(": OPENROUTER PROC".utf8)
        #expect(parser.commentCount == 1)
        parser.append("ESSING\n\n:".utf8)
        #expect(parser.commentCount == 2)
    }

    @Test func bufferedBytesAreThoseNotYetTaken() throws {
        var parser = SSEParser(errorFieldIsEvent: true)
        parser.append("data: 123\n\ndata: 45\nerror: 6789\nevent: ab".utf8)
        #expect(parser.bufferedByteCount == 3 + 2 + 4 + 2)
        _ = try parser.nextEvent()
        #expect(parser.bufferedByteCount == 2 + 4 + 2)
        _ = try parser.nextEvent()
        #expect(parser.bufferedByteCount == 2 + 2)
    }
}
