import ServerSentEvents
import Testing

/// One clause of the rule: a stream, and what a parser has to make of it.
struct Transcript: Sendable, CustomTestStringConvertible {
    var clause: String
    var bytes: [UInt8]
    var events: [ServerSentEvent]
    /// The event cut off by the end of the stream, which the rule drops.
    var unfinished: ServerSentEvent?
    var lastEventID = ""
    var reconnectionTime: Int?
    var commentCount = 0
    var errorFieldIsEvent = false

    init(
        _ clause: String, _ stream: String, _ events: [ServerSentEvent], unfinished: ServerSentEvent? = nil,
        lastEventID: String = "", reconnectionTime: Int? = nil, commentCount: Int = 0, errorFieldIsEvent: Bool = false
    ) {
        self.init(clause, bytes: Array(stream.utf8), events)
        self.unfinished = unfinished
        self.lastEventID = lastEventID
        self.reconnectionTime = reconnectionTime
        self.commentCount = commentCount
        self.errorFieldIsEvent = errorFieldIsEvent
    }

    init(_ clause: String, bytes: [UInt8], _ events: [ServerSentEvent]) {
        self.clause = clause
        self.bytes = bytes
        self.events = events
    }

    var testDescription: String { clause }

    /// What a parser makes of the stream when it comes in these pieces.
    func outcome(pieces: [ArraySlice<UInt8>]) throws -> Outcome {
        try Outcome(pieces: pieces, errorFieldIsEvent: errorFieldIsEvent)
    }

    var expected: Outcome {
        Outcome(
            events: events, unfinished: unfinished.map { [$0] } ?? [], lastEventID: lastEventID,
            reconnectionTime: reconnectionTime, commentCount: commentCount)
    }
}

/// All that a parser tells of one stream.
struct Outcome: Equatable {
    var events: [ServerSentEvent]
    var unfinished: [ServerSentEvent]
    var lastEventID: String
    var reconnectionTime: Int?
    var commentCount: Int
}

extension Outcome {
    /// Feeds a parser the pieces and takes its events after each, as a client does.
    init(pieces: some Sequence<ArraySlice<UInt8>>, errorFieldIsEvent: Bool = false) throws {
        var parser = SSEParser(errorFieldIsEvent: errorFieldIsEvent)
        var events: [ServerSentEvent] = []
        for piece in pieces {
            parser.append(piece)
            while let event = try parser.nextEvent() { events.append(event) }
        }
        #expect(parser.eventCount == events.count)
        let (lastEventID, commentCount) = (parser.lastEventID, parser.commentCount)
        let reconnectionTime = parser.reconnectionTime
        var unfinished: [ServerSentEvent] = []
        while let event = try parser.unfinishedEvent() { unfinished.append(event) }
        #expect(parser.bufferedByteCount == 0)
        #expect(!unfinished.isEmpty || parser.lastEventID == lastEventID)
        self.init(
            events: events, unfinished: unfinished, lastEventID: lastEventID, reconnectionTime: reconnectionTime,
            commentCount: commentCount)
    }
}

extension ServerSentEvent {
    /// An event as the tables write it.
    static func event(_ text: String, type: String = "message", id: String = "") -> ServerSentEvent {
        ServerSentEvent(type: type, data: Array(text.utf8)[...], id: id)
    }
}

extension [UInt8] {
    /// The bytes cut at these positions, which must ascend.
    func cut(at positions: some Sequence<Int>) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var start = 0
        for position in positions {
            pieces.append(self[start..<position])
            start = position
        }
        return pieces + [self[start...]]
    }
}
