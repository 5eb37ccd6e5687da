import CSHA256
import Testing

/// The digest against the examples of NIST for FIPS 180-4.
@Suite struct SHA256Tests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func hashesTheExamplesOfNIST(message: String, digest: String) {
        #expect(hexadecimal(hash(Array(message.utf8))) == digest)
    }

    /// One block and its padding end at 55, 63 and 64 bytes; two at 119, 127 and 128.
    @Test func aMessageInPiecesHasTheSameDigest() {
        for count in 0...130 {
            let message = message(count)
            let whole = hash(message)
            #expect(hash(pieces: message.map { [$0] }) == whole, "\(count) bytes one by one")
            for cut in 0...count {
                let pieces = [Array(message[..<cut]), [], Array(message[cut...])]
                #expect(hash(pieces: pieces) == whole, "\(count) bytes cut at \(cut)")
            }
        }
    }

    /// The digests of all lengths chained into one, made with another implementation (Python's hashlib).
    @Test func everyLengthAroundABlockHasItsDigest() {
        let digests = (0...130).flatMap { hash(message($0)) }
        #expect(hexadecimal(hash(digests)) == "060210f4abf9c358fa8fd39207b20934814e314a11163804a4baa515c2c93211")
    }

    /// The examples above go one way, the one that this processor has: this takes both.
    @Test func theProcessorsInstructionsAndPortableCAgree() {
        var random = SeededGenerator(seed: 41)
        for blocks in [0, 1, 2, 7] {
            for _ in 0..<50 {
                let message = (0..<64 * blocks).map { _ in UInt8.random(in: 0...255, using: &random) }
                let start = (0..<8).map { _ in UInt32.random(in: 0...UInt32.max, using: &random) }
                var (fast, portable) = (start, start)
                unsafe csha256_compress(&fast, message, blocks)
                unsafe csha256_compress_portable(&portable, message, blocks)
                #expect(fast == portable)
                #expect((fast == start) == (blocks == 0))
            }
        }
        print("SHA-256 by the processor's instructions: \(csha256_is_accelerated())")
    }

    /// A message of so many bytes.
    private func message(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37) }
    }

    private func hash(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        unsafe csha256(message, message.count, &digest)
        return digest
    }

    private func hash(pieces: [[UInt8]]) -> [UInt8] {
        var context = csha256_context()
        unsafe csha256_init(&context)
        for piece in pieces { unsafe csha256_update(&context, piece, piece.count) }
        var digest = [UInt8](repeating: 0, count: 32)
        unsafe csha256_final(&context, &digest)
        return digest
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
