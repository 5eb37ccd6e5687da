/// The numbers of an answer's content blocks: those of its messages in a row, each from where the one before ended.
///
/// A block is known by its index in its message. Some servers leave the index out or count wrongly: a block that begins
/// where one has ended, or where one of another kind or name stands, is a block of its own.
struct MessageBlocks: Sendable {
    /// The most content blocks of one answer.
    static let maximumCount = 10_000

    fileprivate struct Block {
        let index: Int
        let type: String?
        let id: String?
        var isEnded = false
    }

    /// The number of the open message's first block, and of the next one's.
    private var first = 0
    private(set) var next = 0
    /// The blocks of the open message whose beginning was seen, by number.
    private var begun: [Int: Block] = [:]
    /// The number of the newest block of an index, where it is not the one that the index names.
    private var moved: [Int: Int] = [:]

    /// Whether a block of the open message was seen.
    var isAny: Bool { next > first }

    /// Begins a message.
    mutating func beginMessage() {
        first = next
        begun = [:]
        moved = [:]
    }

    /// The number of the block that begins at an index; a beginning that comes again is of the same one.
    mutating func begin(_ index: Int, _ content: JSON) throws(LLMError) -> Int {
        let block = Block(index: index, type: content["type"]?.string, id: content["id"]?.string)
        var number = try number(of: index)
        if let earlier = begun[number], earlier.isEnded || !block.isRepeated(of: earlier) {
            moved[index] = next
            number = try self.number(of: index)
        }
        if begun[number] == nil { begun[number] = block }
        return number
    }

    /// The number of the block at an index.
    mutating func number(of index: Int) throws(LLMError) -> Int {
        let block = moved.isEmpty ? first &+ index : moved[index] ?? first &+ index
        guard index >= 0, (0..<Self.maximumCount).contains(block) else {
            throw LLMError(.decode, "a block has the index \(index)")
        }
        next = max(next, block + 1)
        return block
    }

    /// The number of the block that ends at an index.
    mutating func end(_ index: Int) throws(LLMError) -> Int {
        let number = try number(of: index)
        begun[number]?.isEnded = true
        return number
    }
}

extension MessageBlocks.Block {
    fileprivate func isRepeated(of other: Self) -> Bool {
        index == other.index && type == other.type && (id == nil || other.id == nil || id == other.id)
    }
}
