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
