import Foundation
import LLMStreaming

/// Why the bytes of a line are not text: the JSON reader would send U+FFFD in its place.
enum TextFault: Equatable, CustomStringConvertible {
    case notUTF8(byte: UInt8, offset: Int)
    /// Half of a surrogate pair, as an escape `\ud83d` without its other half.
    case loneSurrogate(offset: Int)

    /// The first fault of a line; nil for a line that has none.
    init?(_ line: [UInt8]) {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: line.span)
        } catch {
            let offset = error.byteOffsets.lowerBound
            self = .notUTF8(byte: line[offset], offset: offset)
            return
        }
        guard let offset = Self.loneSurrogate(line) else { return nil }
        self = .loneSurrogate(offset: offset)
    }

    var description: String {
        switch self {
        case .notUTF8(let byte, let offset): "not UTF-8: byte 0x\(String(byte, radix: 16)) at byte \(offset)"
        case .loneSurrogate(let offset): "not Unicode: half of a surrogate pair is escaped at byte \(offset)"
        }
    }

    private static func loneSurrogate(_ line: [UInt8]) -> Int? {
        let bytes = line.span
        var index = 0
        while let backslash = backslash(in: line, from: index) {
            index = backslash + 2
            guard let unit = unit(bytes, at: backslash) else { continue }
            if UTF16.isTrailSurrogate(unit) { return backslash }
            index = backslash + 6
            guard UTF16.isLeadSurrogate(unit) else { continue }
            guard let second = self.unit(bytes, at: index), UTF16.isTrailSurrogate(second) else { return backslash }
            index += 6
        }
        return nil
    }

    /// The index of the next backslash.
    ///
    /// memchr reads 16 bytes and more at a time.
    private static func backslash(in line: [UInt8], from start: Int) -> Int? {
        guard start < line.count else { return nil }
        return unsafe line.withUnsafeBytes { bytes in
            let first = unsafe bytes.baseAddress! + start
            guard let found = unsafe memchr(first, 0x5C, bytes.count - start) else { return nil }
            return unsafe start + (UnsafeRawPointer(found) - first)
        }
    }

    /// The UTF-16 unit of an escape `\uXXXX` at an index; nil where none stands there.
    private static func unit(_ bytes: Span<UInt8>, at index: Int) -> UInt16? {
        guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") else {
            return nil
        }
        return JSONEscape.hexadecimal(bytes, at: index + 2).map(UInt16.init)
    }
}
