/// A prompt as a server's cache sees it: its tokens, and a hash for each whole block of them.
///
/// A token is a word, as everywhere in the mock; of a tool's schema it is four characters. The system prompt comes first,
/// then the tools, then the messages; a message's first word is told apart by its role. The hash of a block is chained: it
/// depends on all blocks before it, so that two prompts share as many leading blocks as they have equal tokens.
struct PromptBlocks: Sendable, Hashable {
    private(set) var tokens = 0
    /// The hashes of the whole blocks, in order.
    private(set) var hashes: [UInt64] = []
    /// The hash of the last whole block and of the tokens behind it.
    private var chain = Hash64.hash("".utf8)

    /// Characters in a token of a tool's schema.
    private static let schemaTokenLength = 4

    init(of body: AnswerRequest) {
        if let system = body.system?.text ?? body.instructions { add("system", words: system) }
        for tool in body.tools ?? [] {
            add("tool", words: tool.name)
            tool.description?.forEachWord { add($0) }
            for piece in tool.schema?.text.pieces(of: Self.schemaTokenLength) ?? [] { add(piece.utf8) }
        }
        for message in body.turns { add(message.role, words: message.text) }
    }

    private mutating func add(_ role: String, words text: String) {
        chain = Hash64.hash(role.utf8, from: chain)
        text.forEachWord { add($0) }
    }

    private mutating func add(_ token: some Sequence<UInt8>) {
        // The zero byte keeps "ab c" and "a bc" apart.
        chain = Hash64.hash(CollectionOfOne(0), from: Hash64.hash(token, from: chain))
        tokens += 1
        guard tokens % CapacityLimits.blockTokens == 0 else { return }
        chain = Hash64.mix(chain)
        hashes.append(chain)
    }
}

extension String {
    /// Calls `body` with the bytes of each word: what is between white space.
    func forEachWord(_ body: (ArraySlice<UInt8>) -> Void) {
        let bytes = Array(utf8)
        guard bytes.allSatisfy({ $0 < 0x80 }) else {
            for word in split(whereSeparator: \.isWhitespace) { body(ArraySlice(word.utf8)) }
            return
        }
        // Among ASCII characters only these are white space; a long prompt is cut many times faster so.
        for word in bytes.split(whereSeparator: { $0 == 0x20 || (0x09...0x0D).contains($0) }) { body(word) }
    }
}
