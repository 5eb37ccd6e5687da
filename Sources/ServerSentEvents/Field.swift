/// A field that means something to the parser; the raw value is its name's ASCII bytes, the first one highest.
///
/// A name packed into a word is compared at once, and a name cut off by the end of a read is an integer to keep.
enum Field: UInt64 {
    case data = 0x64_61_74_61
    case event = 0x65_76_65_6E_74
    case id = 0x69_64
    case retry = 0x72_65_74_72_79
    /// Not of the rule: llama.cpp before September 2025 and its forks send errors so.
    case error = 0x65_72_72_6F_72

    /// The packed name with one more byte, nil when no field's name begins so.
    ///
    /// NUL is refused because it would vanish at the front: "\0id" is not "id".
    static func name(_ packed: UInt64, appending byte: UInt8) -> UInt64? {
        guard byte != 0, packed >> 32 == 0 else { return nil }
        return packed << 8 | UInt64(byte)
    }
}

extension Span<UInt8> {
    /// Whether the name `data` and its colon stand here, as in most lines; false near the end of the bytes.
    func holdDataName(at index: Int) -> Bool {
        guard count - index >= 8 else { return false }
        // In bounds by the condition above.
        let word = unsafe UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
        return word >> 24 == Field.data.rawValue << 8 | 0x3A
    }
}
