import Foundation
import NIOCore

/// A stream of equal events rendered once, for load: each event costs a copy, whatever the number of streams.
///
/// The opening and the end are an answer's own; between them are packets of events that were rendered before. Measured in
/// a release build with 1,000 streams: 0.18 us of CPU an event, user and system, at ten events a packet without a pace;
/// 16 us at one event a packet every 50 ms (`mock`, models `bulk=2000+packet=10` and `bulk=200+pace=50ms`).
struct BulkStream: Sendable {
    private enum Part {
        case opening
        case packet(Int)
        case end
        case ended
    }

    /// The word of each event.
    static let word = " tick"
    /// In place of the word where events are stamped: the sender's clock in Unix microseconds, 16 digits.
    private static let blankStamp = " 0000000000000000"

    private let opening: ByteBuffer
    private let packet: ByteBuffer
    private let lastPacket: ByteBuffer
    private let end: ByteBuffer
    private let packetCount: Int
    private let eventsPerPacket: Int
    private let eventCount: Int
    private let stampOffsets: [Int]
    private let pace: Duration?
    private let timeToFirstToken: Duration?
    private let endsOpen: Bool
    private var part = Part.opening

    /// A stream of as many events as the answer has words.
    init(_ answer: Answer, load: BulkLoad, renderer: any AnswerRenderer, behavior: MockBehavior, fault: MockFault) {
        var renderer = renderer
        var text = ""
        renderer.write(.open, to: &text)
        // Events that come before the first text only are part of the opening.
        let frame = renderer.openText(to: &text)
        opening = ByteBuffer(string: text)
        let event = frame.before + (load.isStamped ? Self.blankStamp : Self.word) + frame.after
        eventCount = answer.choices[0].content.tokens
        eventsPerPacket = max(1, min(load.eventsPerPacket, eventCount))
        packetCount = (eventCount + eventsPerPacket - 1) / eventsPerPacket
        packet = ByteBuffer(string: String(repeating: event, count: eventsPerPacket))
        let rest = eventCount - max(0, packetCount - 1) * eventsPerPacket
        lastPacket = ByteBuffer(string: String(repeating: event, count: rest))
        let length = event.utf8.count
        let digits = frame.before.utf8.count + 1
        stampOffsets = load.isStamped ? (0..<eventsPerPacket).map { $0 * length + digits } : []
        var ending = ""
        renderer.write(.finish(choice: 0), to: &ending)
        renderer.write(.close, to: &ending)
        end = ByteBuffer(string: ending)
        pace = behavior.pace
        timeToFirstToken = behavior.timeToFirstToken
        endsOpen = fault.leavesBodyOpen
    }

    var ending: BodyEnding? {
        if case .ended = part { endsOpen ? .leftOpen : .complete } else { nil }
    }

    /// The wait before the next packet; nil for none.
    var delay: Duration? {
        if case .packet(let index) = part { index == 0 ? timeToFirstToken : pace } else { nil }
    }

    /// Events that were written.
    var chunkIndex: Int {
        switch part {
        case .opening: 0
        case .packet(let index): index * eventsPerPacket
        case .end, .ended: eventCount
        }
    }

    /// Events that are written once the next part is.
    var chunksWithNextPart: Int { min(eventCount, chunkIndex + eventsPerPacket) }

    mutating func writeNext(into buffer: inout ByteBuffer) {
        switch part {
        case .opening:
            buffer.writeImmutableBuffer(opening)
            part = packetCount > 0 ? .packet(0) : .end
        case .packet(let index):
            let isLast = index == packetCount - 1
            let start = buffer.writerIndex
            buffer.writeImmutableBuffer(isLast ? lastPacket : packet)
            stamp(&buffer, from: start)
            part = isLast ? .end : .packet(index + 1)
        case .end:
            buffer.writeImmutableBuffer(end)
            part = .ended
        case .ended: break
        }
    }

    private func stamp(_ buffer: inout ByteBuffer, from start: Int) {
        guard !stampOffsets.isEmpty else { return }
        let microseconds = String(Int(Date().timeIntervalSince1970 * 1e6))
        for offset in stampOffsets where start + offset < buffer.writerIndex {
            buffer.setString(microseconds, at: start + offset)
        }
    }
}
