import JSONSchema
import LLMStreaming

/// Watches the content of a choice of which a schema asks for JSON.
struct ValueWatch: Sendable {
    private let choice: Int
    private let most: Int?
    private var reader = BareValueReader()
    private var stream: SchemaStream
    private var hasEnded = false
    /// How many bytes of the content came before this piece.
    private var offset = 0
    /// The characters of the value so far, without the white space behind it.
    private var characters = 0
    private var blanks = 0

    init(_ schema: JSONSchema, most: Int?, choice: Int) {
        stream = SchemaStream(schema)
        self.most = most
        self.choice = choice
    }

    /// Takes the content's next piece.
    ///
    /// - Returns: why no right content begins with what came.
    mutating func add(_ piece: String) -> AnswerFinding? {
        var piece = piece
        return piece.withUTF8 { unsafe add($0.span) }
    }

    private mutating func add(_ bytes: Span<UInt8>) -> AnswerFinding? {
        defer { offset += bytes.count }
        let range: Range<Int>
        do { range = try reader.take(bytes) } catch { return told(error, in: bytes) }
        let value = bytes.extracting(range)
        var state = stream.append(value)
        if reader.hasValueEnded, !hasEnded {
            hasEnded = true
            state = stream.finish()
        }
        switch state {
        case .impossible(_, let finding), .invalid(_, let finding):
            return AnswerFinding(choice: choice, part: .content, finding)
        case .possible, .valid: break
        }
        guard let most else { return nil }
        count(value)
        guard characters > most else { return nil }
        return .tooLong("\(Words.characters(characters)) and more", most: most, choice: choice)
    }

    /// Text that is none of the value, as much of it as this piece has.
    private func told(_ fault: BareValueFault, in bytes: Span<UInt8>) -> AnswerFinding {
        var start = bytes.count
        if case .otherText(let place) = fault { start = max(0, min(start, place - offset)) }
        var text: [UInt8] = []
        for index in start..<bytes.count { text.append(bytes[index]) }
        return .otherText(String(decoding: text, as: UTF8.self), choice: choice)
    }

    private mutating func count(_ value: Span<UInt8>) {
        for index in value.indices {
            switch value[index] {
            case 0x20, 0x0A, 0x0D, 0x09: blanks += 1
            // Not the first byte of a character.
            case 0x80...0xBF: break
            default:
                characters += blanks + 1
                blanks = 0
            }
        }
    }
}
