/// How much of a text came, and its FNV-1a hash: enough to see later what a whole text has beyond it, without keeping
/// it.
struct TextHash: Sendable {
    private(set) var byteCount = 0
    private var hash: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ text: some Sequence<UInt8>) {
        for byte in text {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
            byteCount += 1
        }
    }

    /// What a whole text has beyond what came; nil where it does not begin with that.
    func remainder(of whole: String) -> String? {
        guard let end = whole.utf8.index(whole.startIndex, offsetBy: byteCount, limitedBy: whole.endIndex) else {
            return nil
        }
        var beginning = TextHash()
        beginning.add(whole.utf8[..<end])
        return beginning.hash == hash ? String(whole[end...]) : nil
    }
}

/// How far a tool call's arguments are, without keeping them.
struct ArgumentsProgress: Sendable {
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private var hash = TextHash()

    var isEmpty: Bool { hash.byteCount == 0 }

    /// Whether what came is a whole object or list.
    private(set) var isWhole = false

    mutating func add(_ text: String) {
        for byte in text.utf8 { see(byte) }
        hash.add(text.utf8)
    }

    private mutating func see(_ byte: UInt8) {
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return
        }
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            depth += 1
            isWhole = false
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth = max(0, depth - 1)
            isWhole = depth == 0
        default: break
        }
    }

    /// What a whole text has beyond what came; nil where it does not begin with that.
    func remainder(of whole: String) -> String? { hash.remainder(of: whole) }
}
