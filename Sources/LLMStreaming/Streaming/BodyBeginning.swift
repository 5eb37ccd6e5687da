/// The beginning of a body as long as nothing of an answer came: it may be an error in a form of its own.
struct BodyBeginning: Sendable {
    private static let maximumBytes = 1 << 14

    private(set) var bytes: [UInt8] = []
    private var isKept = true

    /// Keeps what the bound has room for.
    mutating func keep(_ more: Span<UInt8>) {
        guard isKept, bytes.count < Self.maximumBytes else { return }
        let kept = more.extracting(first: Self.maximumBytes - bytes.count)
        unsafe kept.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// Keeps no more: something of an answer came.
    mutating func drop() {
        if isKept { (isKept, bytes) = (false, []) }
    }

    /// What it says, to be shown; nil where it says nothing, or something of an answer came.
    var text: String? {
        guard isKept else { return nil }
        let lines = bytes.split { $0 == 0x0A || $0 == 0x0D }.filter { $0.first != UInt8(ascii: ":") }
        let text = Self.shown(Array(lines.joined(separator: [0x20])))
        let shown = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        return shown.isEmpty ? nil : String(shown)
    }

    /// Whether a text begins, or may go on, with a field of an event stream.
    static func isFieldOfEvents(_ text: String) -> Bool {
        ["data", "event", "id", "retry"].contains { name in
            text.hasPrefix(name + ":") || text == name || name.hasPrefix(text)
        }
    }

    /// As much of a body as a message shows.
    static func shown(_ body: [UInt8]) -> String {
        String(decoding: body.prefix(200), as: UTF8.self)
    }
}
