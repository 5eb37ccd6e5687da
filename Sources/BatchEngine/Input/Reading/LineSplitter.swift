import Foundation

/// Cuts a stream of bytes into lines, in the memory of one buffer and one unfinished line.
///
/// Lines end with LF or CRLF; the last one may lack it. A byte order mark before a line is dropped: files that were put
/// behind one another may have one each.
struct LineSplitter {
    private let maximumLineBytes: Int
    /// The bytes that came last: a reader fills it from its start.
    var buffer: [UInt8]
    private var unread = 0..<0
    private var pending: InputLine = .bytes([])

    init(maximumLineBytes: Int, bufferBytes: Int) {
        self.maximumLineBytes = maximumLineBytes
        buffer = [UInt8](repeating: 0, count: bufferBytes)
    }

    /// The next line whose end has come; nil where more bytes are needed.
    mutating func nextLine() -> InputLine? {
        guard let end = lineEnd() else {
            append(unread)
            unread = 0..<0
            return nil
        }
        append(unread.lowerBound..<end)
        unread = end + 1..<unread.upperBound
        return takePending()
    }

    /// The line without an end at the end of the stream; nil where there is none.
    mutating func lastLine() -> InputLine? { pending == .bytes([]) ? nil : takePending() }

    /// Says that the buffer was filled again, up to this byte; only once `nextLine` has returned nil.
    mutating func didRefill(_ count: Int) { unread = 0..<count }

    /// The index of the next LF.
    ///
    /// memchr reads 16 bytes and more at a time.
    private func lineEnd() -> Int? {
        guard !unread.isEmpty else { return nil }
        return unsafe buffer.withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress! + unread.lowerBound
            guard let found = unsafe memchr(start, 0x0A, unread.count) else { return nil }
            return unsafe unread.lowerBound + (UnsafeRawPointer(found) - start)
        }
    }

    private mutating func append(_ range: Range<Int>) {
        switch pending {
        case .oversized(let count): pending = .oversized(count + range.count)
        case .bytes(var line):
            // Emptied first: else the append would copy the line.
            pending = .oversized(0)
            // One more for the CR of a line end that has not come yet; a byte order mark does not count either.
            if range.count - 4 > maximumLineBytes - line.count {
                pending = .oversized(line.count + range.count)
            } else {
                line.append(contentsOf: buffer[range])
                pending = .bytes(line)
            }
        case .broken: break
        }
    }

    private mutating func takePending() -> InputLine {
        defer { pending = .bytes([]) }
        guard case .bytes(var line) = pending else { return pending }
        pending = .bytes([])
        if line.first == 0xEF, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return line.count > maximumLineBytes ? .oversized(line.count) : .bytes(line)
    }
}

/// What an input has for a job: a line, or a request of a batch that came as one document.
enum InputLine: Equatable {
    /// What stands between two line ends, or an element of the document's array.
    case bytes([UInt8])
    /// A line over the limit, by its number of bytes; they are not kept.
    case oversized(Int)
    /// Why a row makes no job line; or why the rest is no batch document, after which nothing comes.
    case broken(String)
}
