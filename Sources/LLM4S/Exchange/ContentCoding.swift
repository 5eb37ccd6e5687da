import LLMStreaming

/// How a body is compressed; nobody asks for that here, and what is compressed is named instead of read.
enum ContentCoding {
    /// The coding that a head names; nil for none.
    static func named(in head: ResponseHead) -> String? {
        guard let value = head["content-encoding"] else { return nil }
        let codings = value.split(separator: ",").map { $0.lowercased().filter { !$0.isWhitespace } }
        return codings.last { !$0.isEmpty && !["identity", "none", "utf-8"].contains($0) }
    }

    /// The coding of a body that begins so; nil where it begins like text.
    ///
    /// - Parameter name: what the head names: a proxy that decompresses may leave it there.
    static func found(in bytes: Span<UInt8>, named name: String?) -> String? {
        func begins(_ magic: [UInt8]) -> Bool {
            bytes.count >= magic.count && magic.indices.allSatisfy { bytes[$0] == magic[$0] }
        }
        if begins([0x1F, 0x8B]) { return "gzip" }
        if begins([0x28, 0xB5, 0x2F, 0xFD]) { return "zstd" }
        guard let name else { return nil }
        // Compressed bytes do without control characters for no longer than a few.
        let beginning = bytes.extracting(first: 64)
        for index in beginning.indices where !isText(beginning[index]) { return name }
        return nil
    }

    /// The coding of a refusal's body; nil where it is not compressed.
    static func found(in body: [UInt8], of head: ResponseHead) -> String? {
        found(in: body.span, named: named(in: head))
    }

    private static func isText(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || (0x09...0x0D).contains(byte) }
}
