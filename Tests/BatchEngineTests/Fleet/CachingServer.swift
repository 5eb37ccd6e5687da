@testable import BatchEngine

/// What a simulated job asks: pieces of text that others may have too, its own end, and how long its answer is.
struct SimulatedPrompt {
    /// By number and tokens; the same number is the same text, in the same place.
    var pieces: [(number: Int, tokens: Int)]
    var ownTokens: Int
    var outputTokens: Int

    /// As a stored request, one byte a token.
    func request(_ number: Int) -> [UInt8] {
        var text = #"{"prompt":""#
        for piece in pieces {
            let word = "\(piece.number)-"
            text += String(String(repeating: word, count: piece.tokens / word.utf8.count + 1).prefix(piece.tokens))
        }
        text += String("\(number)" + String(repeating: "?", count: ownTokens)).prefix(ownTokens)
        return Array((text + #""}"#).utf8)
    }
}

/// A server with slots and a cache of prefixes as vLLM's: blocks of 16 tokens, kept once they were read, of which those
/// go first that were used least lately.
///
/// A request finds what is cached when it comes. Prompts are read one after another; answers are written side by side.
/// The blocks of a piece live and die together.
struct CachingServer {
    var slots = 16
    /// How many blocks the cache holds.
    var blocks = 1 << 20
    /// Tokens a second, of prompts and of each answer.
    var prefillRate = 5000.0
    var decodeRate = 40.0
    /// Whether prompts are read side by side, as by a provider with more machines than are asked for.
    var isParallel = false

    private(set) var running = 0
    /// The tokens of prompts that were read, not taken from the cache.
    private(set) var computedTokens = 0
    private var cached: [Int: (blocks: Int, lastUse: Int)] = [:]
    private var uses = 0
    private var freeAt = 0.0

    /// Takes a request.
    ///
    /// - Returns: when its first token and its end come, in seconds.
    mutating func begin(_ prompt: SimulatedPrompt, at now: Double) -> (first: Double, end: Double) {
        running += 1
        var tokens = prompt.ownTokens
        var isCached = true
        for piece in prompt.pieces {
            isCached = isCached && cached[piece.number] != nil
            if isCached { use(piece.number) }
            tokens += isCached ? piece.tokens % 16 : piece.tokens
        }
        computedTokens += tokens
        let first = (isParallel ? now : max(now, freeAt)) + Double(tokens) / prefillRate
        if !isParallel { freeAt = first }
        return (first, first + Double(prompt.outputTokens) / decodeRate)
    }

    /// A request was read: its pieces are cached.
    mutating func cache(_ prompt: SimulatedPrompt) {
        for piece in prompt.pieces {
            cached[piece.number] = (piece.tokens / 16, 0)
            use(piece.number)
        }
        while cached.values.reduce(0, { $0 + $1.blocks }) > blocks,
            let oldest = cached.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            cached[oldest.key] = nil
        }
    }

    private mutating func use(_ piece: Int) {
        uses += 1
        cached[piece]?.lastUse = uses
    }

    /// A request has ended.
    mutating func end() { running -= 1 }

    /// It was killed and begins anew.
    mutating func restart(at now: Double) {
        (cached, running, freeAt) = ([:], 0, now)
    }
}
