/// What a job may have in common with others at its beginning: hashes over the first 1,024, 2,048, 4,096 … bytes of what
/// a server reads.
///
/// Two jobs with an equal level begin equally up to there, and all levels before it are equal too. A text that ends
/// between two levels counts up to the lower one. The hashes hold within this program only: they decide who is sent
/// next to whom, and where; a collision would cost some prefill and nothing else.
///
/// A request without 1,024 bytes costs a comparison; one of 2 KB 0.7 microseconds, one of 24 KB 6, one of 1 MB 160
/// (`PrefixCostTests`, release build): a pass over the JSON, and one over the first 128 KB of its text.
struct PrefixChain: Sendable, Hashable {
    /// The bytes that the first level covers; below that a common beginning is not worth keeping together.
    static let leastBytes = 1024
    /// The most levels: beginnings that differ only behind 131,072 bytes count as equal.
    static let mostLevels = 8

    /// The hashes, the shortest beginning's first.
    let levels: [UInt64]

    /// Nothing in common with anyone.
    static let none = PrefixChain(levels: [])

    init(levels: [UInt64]) { self.levels = levels }

    /// The beginning of a stored request (`Job.request`).
    init(request: [UInt8]) {
        let span = request.span
        guard span.count >= Self.leastBytes, let text = PrefixText(in: span) else {
            self = .none
            return
        }
        var hash = PrefixHash()
        for (position, piece) in text.pieces.enumerated() {
            if let piece { hash.add(span.extracting(piece), piece: UInt64(position)) }
        }
        levels = hash.levels
    }

    var isEmpty: Bool { levels.isEmpty }

    /// How many levels there are.
    var count: Int { levels.count }

    /// How many levels a server must hold to be a home: all but the longest, which is at least half of the bytes.
    ///
    /// A shorter beginning, as a header that all documents share, draws nobody: it would draw all to one server. And a
    /// job's own end, which nobody holds, often lies in its longest level.
    var homeDepth: Int { max(1, count - 1) }

    /// How many levels are those of another chain too.
    func depth(inCommonWith other: PrefixChain) -> Int {
        var depth = 0
        while depth < min(count, other.count), levels[depth] == other.levels[depth] { depth += 1 }
        return depth
    }
}

/// The running hash of a text that comes in pieces, sixteen bytes a multiplication (as in wyhash, Wang Yi).
private struct PrefixHash {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var count = 0
    private var next = PrefixChain.leastBytes
    private(set) var levels: [UInt64] = []

    /// Adds a piece of the text.
    ///
    /// - Parameter piece: which it is, so that the same bytes as tools and as a message are not the same.
    mutating func add(_ bytes: Span<UInt8>, piece: UInt64) {
        state = Self.mix(state ^ piece, 0xE703_7ED1_A0B4_28DB)
        var position = 0
        while position < bytes.count, levels.count < PrefixChain.mostLevels {
            let end = min(bytes.count, position + next - count)
            mix(bytes, position..<end)
            count += end - position
            position = end
            guard count == next else { continue }
            levels.append(state)
            next *= 2
        }
    }

    private mutating func mix(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        let raw = unsafe bytes.bytes
        var (state, index) = (state, range.lowerBound)
        while index + 16 <= range.upperBound {
            let first = unsafe raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let second = unsafe raw.unsafeLoadUnaligned(fromByteOffset: index + 8, as: UInt64.self)
            state = Self.mix(state ^ first, second ^ 0x8EBC_6AF0_9C88_C6E3)
            index += 16
        }
        var (first, second): (UInt64, UInt64) = (0, UInt64(range.count))
        while index < range.upperBound {
            (first, second) = (first << 8 | UInt64(bytes[index]), second << 8 | first >> 56)
            index += 1
        }
        self.state = Self.mix(state ^ first, second ^ 0x5899_65CC_7537_4CC3)
    }

    private static func mix(_ first: UInt64, _ second: UInt64) -> UInt64 {
        let product = first.multipliedFullWidth(by: second)
        return product.high ^ product.low
    }
}
