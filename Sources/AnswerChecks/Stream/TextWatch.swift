import JSONSchema
import LLMStreaming

/// Watches the content of a choice that need not be JSON.
struct TextWatch: Sendable {
    private let choice: Int
    private let most: Int?
    private let regex: ECMARegex?
    private var progress: ECMARegex.Progress?
    private var characters = 0
    /// Until something else than white space and thinking came: content without that is not asked for beside tool
    /// calls, which may follow.
    private var reader: BareValueReader? = BareValueReader()
    /// The beginning of the text, for the message.
    private var beginning = ""
    private static let mostBeginning = 256

    init(_ regex: ECMARegex?, most: Int?, choice: Int) {
        self.regex = regex
        progress = regex?.start
        self.most = most
        self.choice = choice
    }

    /// Takes the content's next piece.
    ///
    /// - Returns: why no right content begins with what came.
    mutating func add(_ piece: String) -> AnswerFinding? {
        if progress != nil, beginning.utf8.count < Self.mostBeginning { beginning += piece }
        for scalar in piece.unicodeScalars {
            characters += 1
            if var place = progress {
                regex?.advance(&place, over: scalar)
                progress = place
            }
        }
        if reader != nil { look(for: piece) }
        guard reader == nil else { return nil }
        if let regex, let place = progress {
            switch regex.outlook(place) {
            case .impossible: return .mismatch(beginning, regex: regex, choice: choice)
            case .matched: (progress, beginning) = (nil, "")
            case .open: break
            }
        }
        guard let most, characters > most else { return nil }
        return .tooLong("\(Words.characters(characters)) and more", most: most, choice: choice)
    }

    private mutating func look(for piece: String) {
        var piece = piece
        let isBlank = piece.withUTF8 { bytes in
            do { return unsafe try reader?.take(bytes.span).isEmpty ?? false } catch { return false }
        }
        if !isBlank { reader = nil }
    }
}
