/// A half of a character beyond the basic plane, as a string can hold it until its other half is found.
///
/// JSON can name half of a character (`\ud83d`), a Swift string cannot hold it. While an event is decoded whose strings
/// have such halves, each stands as U+FFFF and a scalar of the private area; U+FFFF itself stands twice.
enum SurrogateMark {
    static let escape: Unicode.Scalar = "\u{FFFF}"
    private static let base: UInt32 = 0xE000

    /// Appends a half in UTF-8.
    static func append(_ half: UInt16, to text: inout [UInt8]) {
        guard let scalar = Unicode.Scalar(base + UInt32(half) - 0xD800) else { return }
        for scalar in [escape, scalar] {
            text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }

    /// The half that stands behind an escape; nil where that is the scalar itself.
    static func half(_ scalar: Unicode.Scalar) -> UInt16? {
        (base..<base + 0x800).contains(scalar.value) ? UInt16(scalar.value - base + 0xD800) : nil
    }

    /// A text with U+FFFF doubled.
    static func escaping(_ text: String) -> String {
        guard text.unicodeScalars.contains(escape) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == escape { result.append(escape) }
            result.append(scalar)
        }
        return String(result)
    }

    /// A text with U+FFFD for each half.
    static func replaced(in text: String) -> String {
        var characters = SplitCharacters()
        characters.isMarked = true
        let place = SplitCharacters.Place(kind: .text)
        return characters.joined(text, at: place) + (characters.take(where: { $0 == place }).isEmpty ? "" : "\u{FFFD}")
    }
}
