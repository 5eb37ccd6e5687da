import CSHA256
import LLMStreaming

/// What is kept of an id whose job another shard runs.
struct IDHash: Sendable, Equatable {
    /// What its shard is computed from: the first 64 bits, big-endian, of SHA-256 over its UTF-8.
    ///
    /// Of an id with the form of a derived one they are taken without its `-2`, which counts the repeats within an input.
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
        placement = Self.hasRepeatNumber(id) ? Self.digest(id.extracting(first: Self.derivedDigits)).0 : whole.0
    }

    private static let derivedDigits = 16

    private static func hasRepeatNumber(_ id: Span<UInt8>) -> Bool {
        guard id.count > derivedDigits + 1, id[derivedDigits] == UInt8(ascii: "-") else { return false }
        return DerivedID(JSONScanner.text(id)) != nil
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
