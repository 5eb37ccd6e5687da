import NIOCore

/// The blocks of a server's KV cache: those of running requests, and those that are kept for the next prompt with the same
/// beginning until their room is needed.
///
/// A block with a hash can have several holders. The one that has been without a holder for the longest goes first.
struct PrefixCache: Sendable {
    private struct Block {
        var holders: Int
        /// The number of its last release; meaningless while it is held.
        var release = 0
    }

    /// The most blocks there can be; below what is held after a change or an overdraft.
    private(set) var capacity: Int
    private var blocks: [UInt64: Block] = [:]
    /// Blocks that one request has for itself.
    private(set) var ownBlocks = 0
    private var idleBlocks = 0
    private var releases = 0
    /// Idle blocks, in the order of their release; entries of blocks that were taken up again are out of date.
    private var idleOrder = CircularBuffer<(hash: UInt64, release: Int)>()

    init(capacity: Int) { self.capacity = capacity }

    /// Blocks that have holders.
    var heldBlocks: Int { blocks.count - idleBlocks + ownBlocks }
    /// Blocks that can be had, those included that must be forgotten for it; negative after an overdraft.
    var room: Int { capacity - heldBlocks }
    /// Entries in memory, those out of date included.
    var entries: Int { blocks.count + idleOrder.count }

    /// How many blocks at the beginning of a prompt there are, and how many of them have no holder.
    func hits(of hashes: some Sequence<UInt64>) -> (blocks: Int, idle: Int) {
        var found = (blocks: 0, idle: 0)
        for hash in hashes {
            guard let block = blocks[hash] else { break }
            found.blocks += 1
            if block.holders == 0 { found.idle += 1 }
        }
        return found
    }

    /// Adds a holder to blocks that are there.
    mutating func hold(_ hashes: some Sequence<UInt64>) {
        for hash in hashes {
            if blocks[hash]!.holders == 0 { idleBlocks -= 1 }
            blocks[hash]!.holders += 1
        }
    }

    /// Takes a holder from blocks; of a prompt, its end is forgotten first, since its beginning is of use to more.
    mutating func release(_ hashes: some BidirectionalCollection<UInt64>) {
        for hash in hashes.reversed() {
            blocks[hash]!.holders -= 1
            guard blocks[hash]!.holders == 0 else { continue }
            releases += 1
            blocks[hash]!.release = releases
            idleBlocks += 1
            idleOrder.append((hash, releases))
        }
        evict()
        compact()
    }

    /// Takes blocks without a hash, also where there are no more.
    mutating func take(_ count: Int) {
        ownBlocks += count
        evict()
    }

    /// Gives back blocks without a hash.
    mutating func giveBack(_ count: Int) { ownBlocks -= count }

    /// Gives a block that was taken a hash, by which others find it; where there is one with it, that is held instead.
    mutating func publish(_ hash: UInt64) {
        ownBlocks -= 1
        if blocks[hash] == nil { blocks[hash] = Block(holders: 1) } else { hold(CollectionOfOne(hash)) }
    }

    mutating func changeCapacity(_ capacity: Int) {
        self.capacity = capacity
        evict()
    }

    /// Forgets idle blocks until the others fit.
    private mutating func evict() {
        while blocks.count + ownBlocks > capacity, idleBlocks > 0 {
            let oldest = idleOrder.removeFirst()
            guard isCurrent(oldest) else { continue }
            blocks[oldest.hash] = nil
            idleBlocks -= 1
        }
    }

    private func isCurrent(_ entry: (hash: UInt64, release: Int)) -> Bool {
        guard let block = blocks[entry.hash] else { return false }
        return block.holders == 0 && block.release == entry.release
    }

    /// Drops entries that are out of date once they are most.
    private mutating func compact() {
        guard idleOrder.count > 2 * idleBlocks + 64 else { return }
        idleOrder = CircularBuffer(idleOrder.filter(isCurrent))
    }
}
