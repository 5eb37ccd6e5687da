import NIOHTTP1

/// Tells the data of a chunked body from what frames it (RFC 9112, section 7.1).
///
/// A value: bytes in, ranges of data out, wherever the reads cut them. Each byte of framing is looked at once;
/// extensions and trailer fields are skipped.
struct ChunkedBody: Sendable {
    /// Where in the body the next byte falls.
    private enum Place: Equatable {
        case size(hasDigit: Bool)
        /// Behind a size, in what a later CR ends.
        case chunkExtension
        case sizeLineFeed
        case data
        case dataReturn
        case dataLineFeed
        case trailer(isLineEmpty: Bool)
        case trailerLineFeed(isLineEmpty: Bool)
        case ended
    }

    /// The most bytes of one body's extensions and trailer fields, as much as NIO takes of a head.
    private static let maximumSkippedBytes = 80 << 10

    private var place = Place.size(hasDigit: false)
    /// The chunk's size as far as it is known, then how much of its data is to come.
    private var size = 0
    private var skippedBytes = 0

    /// Whether the body is over; what follows is no part of it.
    var isEnded: Bool { place == .ended }

    /// Goes on in a read, at `index`, to the next data.
    ///
    /// - Parameter index: where the first byte lies that was not given yet; moved on.
    /// - Returns: where in the read data lies; nil when the read holds no more, or the body has ended.
    /// - Throws: `HTTPParserError` where the bytes are no chunked body; nothing may be given after it.
    mutating func next(in bytes: Span<UInt8>, from index: inout Int) throws(HTTPParserError) -> Range<Int>? {
        while index < bytes.count, place != .ended {
            if place == .data {
                let start = index
                index += min(size, bytes.count - start)
                size -= index - start
                if size == 0 { place = .dataReturn }
                return start..<index
            }
            place = try next(bytes[index])
            index += 1
        }
        return nil
    }

    /// The place behind a byte that is no data.
    private mutating func next(_ byte: UInt8) throws(HTTPParserError) -> Place {
        switch (place, byte) {
        case (.size, UInt8(ascii: "0")...UInt8(ascii: "9")): return try add(byte - UInt8(ascii: "0"))
        case (.size, UInt8(ascii: "a")...UInt8(ascii: "f")): return try add(byte - UInt8(ascii: "a") + 10)
        case (.size, UInt8(ascii: "A")...UInt8(ascii: "F")): return try add(byte - UInt8(ascii: "A") + 10)
        case (.size(hasDigit: true), 0x0D), (.chunkExtension, 0x0D): return .sizeLineFeed
        case (.size(hasDigit: true), UInt8(ascii: ";")), (.size(hasDigit: true), 0x20), (.size(hasDigit: true), 0x09):
            return .chunkExtension
        case (.size, _): throw .invalidChunkSize
        case (.chunkExtension, 0x0A): throw .invalidChunkSize
        case (.chunkExtension, _):
            try skip()
            return .chunkExtension
        case (.sizeLineFeed, 0x0A): return size > 0 ? .data : .trailer(isLineEmpty: true)
        case (.dataReturn, 0x0D): return .dataLineFeed
        case (.dataLineFeed, 0x0A): return .size(hasDigit: false)
        case (.dataReturn, _), (.dataLineFeed, _): throw .strictModeAssertion
        case (.trailer(let isLineEmpty), 0x0D): return .trailerLineFeed(isLineEmpty: isLineEmpty)
        case (.trailer, 0x0A): throw .invalidHeaderToken
        case (.trailer, _):
            try skip()
            return .trailer(isLineEmpty: false)
        case (.trailerLineFeed(let isLineEmpty), 0x0A): return isLineEmpty ? .ended : .trailer(isLineEmpty: true)
        case (.sizeLineFeed, _), (.trailerLineFeed, _): throw .lfExpected
        case (.data, _), (.ended, _): return place
        }
    }

    private mutating func add(_ digit: UInt8) throws(HTTPParserError) -> Place {
        guard size <= Int.max >> 4 else { throw .invalidChunkSize }
        size = size << 4 | Int(digit)
        return .size(hasDigit: true)
    }

    private mutating func skip() throws(HTTPParserError) {
        skippedBytes += 1
        guard skippedBytes <= Self.maximumSkippedBytes else { throw .headerOverflow }
    }
}
