import CSHA256
import LLMStreaming

/// What is kept of an id whose job another shard runs.
struct IDHash: Sendable, Equatable {
    /// What its shard is computed from: the first 64 bits, big-endian, of SHA-256 over its UTF-8.
    ///
    /// Of an id with the form of a derived one they are taken without its `-2`, which counts the repeats within an input;
    /// the `#3` of a sample may stand behind that, and counts.
    let placement: UInt64
    /// Another 64 bits, over the whole id: of two ids that are not the same they differ, but by a chance of 2^-64.
    let fingerprint: UInt64

    init(_ id: String) {
        var id = id
        self = id.withUTF8 { unsafe IDHash($0.span) }
    }

    /// - Parameter id: valid UTF-8.
    init(_ id: Span<UInt8>) {
        let whole = Self.digest(id)
        fingerprint = whole.1
        guard let sample = Self.endOfRepeatNumber(in: id) else {
            placement = whole.0
            return
        }
        var text: [UInt8] = []
        for index in id.indices where index < Self.derivedDigits || index >= sample { text.append(id[index]) }
        placement = Self.digest(text.span).0
    }

    private static let derivedDigits = 16

    /// The index behind the repeat number of a derived id; nil where there is none.
    private static func endOfRepeatNumber(in id: Span<UInt8>) -> Int? {
        guard id.count > derivedDigits + 1, id[derivedDigits] == UInt8(ascii: "-") else { return nil }
        var end = derivedDigits
        while end < id.count, id[end] != UInt8(ascii: "#") { end += 1 }
        let isSampled = end + 1 < id.count && id.extracting((end + 1)..<id.count).isDecimal
        guard end == id.count || isSampled, DerivedID(JSONScanner.text(id.extracting(first: end))) != nil else {
            return nil
        }
        return end
    }

    private static func digest(_ bytes: Span<UInt8>) -> (UInt64, UInt64) {
        var digest = [32 of UInt8](repeating: 0)
        var output = digest.mutableSpan
        unsafe output.withUnsafeMutableBufferPointer { output in
            unsafe bytes.withUnsafeBufferPointer { unsafe csha256($0.baseAddress, $0.count, output.baseAddress) }
        }
        var words: (UInt64, UInt64) = (0, 0)
        for index in 0..<8 {
            words.0 = words.0 << 8 | UInt64(digest[index])
            words.1 = words.1 << 8 | UInt64(digest[index + 8])
        }
        return words
    }
}

extension Span where Element == UInt8 {
    /// Whether all of it is digits of decimal numbers.
    fileprivate var isDecimal: Bool {
        for index in indices where !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self[index]) { return false }
        return true
    }
}
