/// A place in an answer, counted in content chunks of all its choices.
package enum ChunkPosition: Sendable, Hashable {
    /// Before the chunk of this index, from 0; past the end it is before the last finish reason.
    case index(Int)
    /// Half way, rounded down.
    case middle

    /// The index in an answer of `total` chunks.
    func index(in total: Int) -> Int {
        switch self {
        case .index(let index): min(index, total)
        case .middle: total / 2
        }
    }
}
