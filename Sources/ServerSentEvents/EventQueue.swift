/// The events that wait to be taken, their data back to back in one buffer, and behind them the open one.
///
/// A taken event is a slice of the buffer. Nothing is written to a taken range, so the buffer is copied only when
/// it must grow or be reused while somebody still holds a slice, and then without the taken bytes where they are
/// the greater part.
struct EventQueue: Sendable {
    private struct Waiting {
        var type: String
        var id: String
        var size: Int
        /// Where it ends in the stream; 0 for one that has no end of its own.
        var end = 0
        /// The data of an event that came while another was open, and so has no place in the buffer.
        var aside: [UInt8]?
    }

    /// Room kept for the next read when everything was taken; more is given back.
    private static let keptCapacity = 1 << 16

    private var buffer: [UInt8] = []
    private var takenSize = 0
    private var waiting: [Waiting] = []
    private var takenCount = 0
    private var asideSize = 0

    /// Where the last event taken ends in the stream, its blank line included.
    private(set) var takenEnd = 0

    /// The size in bytes of the open event's data so far, nil while it has no data line.
    private(set) var openSize: Int?
    /// Whether the open event has had more than one data line.
    private var hasSeveralLines = false

    /// Whether the open event is one data line that is a whole JSON object.
    var isOpenEventWholeObject: Bool {
        guard let openSize, !hasSeveralLines else { return false }
        return buffer.span.extracting((buffer.count - openSize)...).isWholeObject
    }

    /// The bytes of data held for events not yet taken, the open one among them.
    var byteCount: Int { buffer.count - takenSize + asideSize }

    /// Begins a data line of the open event.
    mutating func beginLine() {
        if let size = openSize {
            buffer.append(0x0A)
            openSize = size + 1
            hasSeveralLines = true
        } else {
            openSize = 0
            hasSeveralLines = false
        }
    }

    /// Adds bytes to the open event's data line.
    mutating func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe buffer.append(contentsOf: $0) }
        openSize = (openSize ?? 0) + bytes.count
    }

    /// Makes the open event, which must have data, the last one that waits.
    mutating func closeEvent(type: String, id: String) {
        guard let size = openSize else { preconditionFailure("there is no open event") }
        waiting.append(Waiting(type: type, id: id, size: size))
        openSize = nil
    }

    /// Notes where the last event that waits ends in the stream.
    mutating func end(at position: Int) { waiting[waiting.count - 1].end = position }

    /// Queues an event before the open one, which stays as it is.
    mutating func insert(type: String, data: [UInt8], id: String) {
        waiting.append(Waiting(type: type, id: id, size: 0, aside: data))
        asideSize += data.count
    }

    /// Forgets the open event's data.
    mutating func dropOpenEvent() {
        buffer.removeLast(openSize ?? 0)
        openSize = nil
    }

    /// Takes the event that has waited longest.
    mutating func takeFirst() -> ServerSentEvent? {
        guard takenCount < waiting.count else { return nil }
        let event = waiting[takenCount]
        takenCount += 1
        if event.end > 0 { takenEnd = event.end }
        if takenCount == waiting.count {
            waiting.removeAll(keepingCapacity: waiting.capacity <= Self.keptCapacity / MemoryLayout<Waiting>.stride)
            takenCount = 0
        }
        if let data = event.aside {
            asideSize -= data.count
            return ServerSentEvent(type: event.type, data: data[...], id: event.id)
        }
        let start = takenSize
        takenSize += event.size
        return ServerSentEvent(type: event.type, data: buffer[start..<takenSize], id: event.id)
    }

    /// Gives the room of the taken events back, where none waits and none is open.
    mutating func giveBack() {
        guard takenSize == buffer.count, takenCount == waiting.count else { return }
        buffer = []
        waiting = []
        takenSize = 0
        takenCount = 0
    }

    /// Reuses the room of the taken events once it is the greater part, so that a byte moves at most once
    /// for each byte that was taken.
    mutating func reclaim() {
        let rest = buffer.count - takenSize
        guard takenSize > 0, takenSize >= rest else { return }
        if rest == 0 {
            buffer.removeAll(keepingCapacity: buffer.capacity <= Self.keptCapacity)
        } else {
            buffer.removeSubrange(..<takenSize)
        }
        takenSize = 0
    }
}

extension Span<UInt8> {
    /// Whether the bytes are one JSON object from the first to the last, as far as braces and quotes tell.
    fileprivate var isWholeObject: Bool {
        guard count >= 2, self[0] == UInt8(ascii: "{"), self[count - 1] == UInt8(ascii: "}") else { return false }
        var depth = 0
        var isInString = false
        var index = 0
        while index < count {
            switch self[index] {
            case UInt8(ascii: "\\") where isInString: index += 1
            case UInt8(ascii: "\""): isInString.toggle()
            case UInt8(ascii: "{") where !isInString: depth += 1
            case UInt8(ascii: "}") where !isInString:
                depth -= 1
                if depth == 0 { return index == count - 1 }
            default: break
            }
            index += 1
        }
        return false
    }
}
