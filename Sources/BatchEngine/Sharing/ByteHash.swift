import CSHA256
import LLMStreaming

/// The SHA-256 of bytes that come in pieces.
package struct ByteHash {
    private var context = csha256_context()

    package init() { unsafe csha256_init(&context) }

    /// Adds the next bytes.
    package mutating func append(_ bytes: ArraySlice<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe csha256_update(&context, $0.baseAddress, $0.count) }
    }

    /// The 32 bytes of the digest of all of them; nothing can be added behind it.
    package consuming func digest() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        unsafe csha256_final(&context, &digest)
        return digest
    }

    /// The digest of all of them in lower-case hexadecimal; nothing can be added behind it.
    package consuming func hexadecimal() -> String {
        digest().map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }.joined()
    }
}
