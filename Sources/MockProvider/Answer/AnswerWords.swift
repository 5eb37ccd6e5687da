/// The words of a text that are sent: all of them, those after a prefix, or those within a limit.
struct AnswerWords: Sendable {
    private let text: AnswerText
    /// What is sent before the words: the rest of a word that the prefix cut, or the echo of the prefix.
    private let head: String?
    private var range: Range<Int>

    /// The whole text.
    init(_ text: AnswerText) {
        self.text = text
        head = nil
        range = 0..<text.wordCount
    }

    /// What follows `prefix` in the text; nil when the text does not begin with it.
    init?(_ text: AnswerText, after prefix: String) {
        var rest = prefix.utf8[...]
        for index in 0..<text.wordCount {
            if rest.isEmpty {
                self.init(text: text, head: nil, range: index..<text.wordCount)
                return
            }
            let word = Array(text.word(at: index).utf8)
            let given = Array(rest.prefix(word.count))
            guard word.starts(with: given) else { return nil }
            if given.count < word.count {
                let head = String(decoding: word[given.count...], as: UTF8.self)
                self.init(text: text, head: head, range: (index + 1)..<text.wordCount)
                return
            }
            rest = rest.dropFirst(word.count)
        }
        guard rest.isEmpty else { return nil }
        self.init(text: text, head: nil, range: text.wordCount..<text.wordCount)
    }

    private init(text: AnswerText, head: String?, range: Range<Int>) {
        self.text = text
        self.head = head
        self.range = range
    }

    /// The same words with `echo` before them.
    func echoing(_ echo: String) -> AnswerWords {
        AnswerWords(text: text, head: echo + (head ?? ""), range: range)
    }

    /// The same words without the space that the first one begins with.
    func droppingFirstSpace() -> AnswerWords {
        guard let first, first.hasPrefix(" ") else { return self }
        return replacingFirst(with: String(first.dropFirst()))
    }

    /// The same words with the space that the first one begins with sent twice.
    func doublingFirstSpace() -> AnswerWords {
        guard let first, first.hasPrefix(" ") else { return self }
        return replacingFirst(with: " " + first)
    }

    /// The same words after the last words before the seam; a word that the seam cuts counts as one and is repeated whole.
    func repeating(lastWords count: Int) -> AnswerWords {
        let start = max(0, range.lowerBound - count)
        return AnswerWords(text: text, head: nil, range: start..<range.upperBound).droppingFirstSpace()
    }

    private var first: String? { count > 0 ? self.text(of: 0..<1) : nil }

    private func replacingFirst(with piece: String) -> AnswerWords {
        AnswerWords(text: text, head: piece, range: head == nil ? range.dropFirst() : range)
    }

    /// How many words are sent; a part of a word counts as one.
    var count: Int { range.count + (head == nil ? 0 : 1) }
    /// The text of all of them.
    var whole: String { text(of: 0..<count) }

    func chunkCount(wordsPerChunk: Int) -> Int { (count + wordsPerChunk - 1) / wordsPerChunk }

    func chunk(_ index: Int, wordsPerChunk: Int) -> String {
        text(of: (index * wordsPerChunk)..<((index + 1) * wordsPerChunk))
    }

    /// Drops the words above a limit.
    ///
    /// - Returns: Whether there were any.
    mutating func limit(to maximum: Int) -> Bool {
        guard count > maximum else { return false }
        range = range.prefix(maximum - (head == nil ? 0 : 1))
        return true
    }

    /// The text of the words at `indices`; those past the end are empty.
    func text(of indices: Range<Int>) -> String {
        var joined = ""
        for index in indices.clamped(to: 0..<count) {
            if let head {
                joined += index == 0 ? head : text.word(at: range.lowerBound + index - 1)
            } else {
                joined += text.word(at: range.lowerBound + index)
            }
        }
        return joined
    }
}
