/// The text of an answer: a pure function of the last user message, the model's name and the choice.
///
/// Each word is computed from its index, so that a text of a million words takes no memory; a JSON text alone is there as a
/// whole. A token is one word with the space before it.
package struct AnswerText: Sendable, Hashable {
    private enum Source: Hashable {
        /// `1 2 3 …`, which shows gaps and repeats.
        case counting
        /// The word of a bulk load, over and over.
        case ticking
        /// Sentences of words from the list.
        case generated(seed: UInt64)
        /// A JSON text; its words are pieces of it.
        case json(pieces: [String])
    }

    /// Characters in a piece of a JSON text, about those of a token.
    private static let pieceLength = 4

    private let source: Source
    /// The number of words.
    package let wordCount: Int

    /// The text of an answer.
    ///
    /// - Parameters:
    ///   - lastUserText: The last user message; `count to N` in it asks for counting.
    ///   - model: The model's name without its options; empty where the name begins with an option.
    ///   - choice: The choice's index; each choice has its own text.
    ///   - behavior: `countTo` and `wordCount` are used.
    package init(lastUserText: String, model: String, choice: Int = 0, behavior: MockBehavior = .init()) {
        if let load = behavior.bulk {
            source = .ticking
            wordCount = load.events
        } else if let last = behavior.countTo ?? Self.countingGoal(in: lastUserText) {
            source = .counting
            wordCount = last
        } else {
            let seed = Self.seed(lastUserText: lastUserText, model: model, choice: choice)
            source = .generated(seed: seed)
            wordCount = behavior.wordCount ?? 20 + Int(Hash64.mix(seed) % 101)
        }
    }

    /// A JSON text, right or not; none of its words cuts a character.
    init(json: String) {
        let pieces = json.pieces(of: Self.pieceLength)
        source = .json(pieces: pieces)
        wordCount = pieces.count
    }

    /// What an answer's text or value is made from.
    static func seed(lastUserText: String, model: String, choice: Int) -> UInt64 {
        Hash64.mix(Hash64.hash(model.utf8, from: Hash64.hash(lastUserText.utf8)) &+ UInt64(choice))
    }

    /// A generated text that depends on a seed alone, for reasoning and refusals.
    init(seed: UInt64, wordCount: Int) {
        source = .generated(seed: seed)
        self.wordCount = wordCount
    }

    /// The whole text.
    package var whole: String { (0..<wordCount).map(word).joined() }

    /// The word at an index, with the space before it.
    func word(at index: Int) -> String {
        let space = index == 0 ? "" : " "
        switch source {
        case .ticking: return BulkStream.word
        case .json(let pieces): return pieces[index]
        case .counting:
            return space + String(index + 1)
        case .generated(let seed):
            let draw = Hash64.mix(seed &+ UInt64(index))
            let startsSentence = index == 0 || endsSentence(at: index - 1, seed: seed)
            let words = startsSentence ? WordList.capitalised : WordList.words
            let mark = endsSentence(at: index, seed: seed) ? "." : draw >> 40 % 11 == 0 ? "," : ""
            return space + words[Int(draw % UInt64(words.count))] + mark
        }
    }

    private func endsSentence(at index: Int, seed: UInt64) -> Bool {
        index == wordCount - 1 || Hash64.mix(~seed &+ UInt64(index)) % 12 == 0
    }

    /// N of the first `count to N` in a text, in any case.
    private static func countingGoal(in text: String) -> Int? {
        let phrase = Array("count to ".utf8)
        let bytes = Array(text.utf8)
        guard bytes.count > phrase.count else { return nil }
        for start in 0..<(bytes.count - phrase.count) {
            let candidate = bytes[start..<(start + phrase.count)]
            // Setting bit 5 makes ASCII letters small; a space has it already.
            guard candidate.elementsEqual(phrase, by: { $0 | 0x20 == $1 }) else { continue }
            let digits = bytes[(start + phrase.count)...].prefix {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
            if let goal = Int(String(decoding: digits, as: UTF8.self)) { return goal }
        }
        return nil
    }
}

extension String {
    /// The text in pieces of a number of characters; the last one may be shorter.
    func pieces(of length: Int) -> [String] {
        var rest = self[...]
        var pieces: [String] = []
        while !rest.isEmpty {
            pieces.append(String(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return pieces
    }
}

/// The words of generated texts: mostly plain ones, some with characters of several bytes.
enum WordList {
    /// The words inside a sentence.
    static let words: [String] =
        """
        the of and to in a is that for it as was with on by at from or an are this be not have which one all their
        river stone light window morning paper garden answer number question letter winter summer bridge market
        teacher captain neighbour machine signal pattern measure distance silence kitchen mountain village harbour
        carries holds turns keeps finds opens follows remembers builds crosses gathers explains returns begins
        small quiet early narrow bright heavy simple careful distant common gentle patient ordinary ancient
        slowly often almost always together perhaps again beyond between under without before after because
        café naïve résumé crème jalapeño Zürich smörgåsbord piñata façade über Ελλάδα мир вода 日本語 東京 言葉 한국어 🌊 🚀 👩‍🚀 🎉
        """
        .split { $0 == " " || $0 == "\n" }.map(String.init)

    /// The words at the beginning of a sentence.
    static let capitalised: [String] = words.map { $0.prefix(1).uppercased() + $0.dropFirst() }
}

/// The 64-bit hash from which the mock takes all its choices: the same on every machine and in every run.
enum Hash64 {
    /// FNV-1a over bytes, from a start value.
    static func hash(_ bytes: some Sequence<UInt8>, from start: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
        bytes.reduce(start) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    /// SplitMix64's step, which spreads every bit of the value over all 64.
    static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A value as 16 hexadecimal digits.
    static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
