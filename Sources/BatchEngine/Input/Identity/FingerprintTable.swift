/// A set of 64-bit keys with 32-bit tags that takes at most 16 bytes an entry at any moment, also while it grows.
///
/// Entries lie sorted by key, with gaps, at or behind the place that their key has when all keys are spread evenly
/// over the table: linear probing with an order. The order lets the table grow in place, by an eighth at a time, so
/// that there is never a second copy beside it; and the slots come in blocks of one size, so that growing leaves no
/// holes in the heap.
///
/// A `Set<UInt64>` would be shorter but has no room within 24 bytes a job: it doubles beside its old copy, which is 35
/// bytes an entry at the peak (51 for a dictionary with the counts), against 15 here; resident memory, 786,500 random
/// keys. 256 sets, each doubling for itself, stay at 21, but hold 64 bits of an id and no counts. The price is time: 0.9
/// microseconds an entry against 0.1.
struct FingerprintTable {
    /// A block has two to the power of this many slots.
    private let blockBits: Int
    private var blocks: [Block] = []
    /// The slots that keys are spread over; behind them lie only those that the last ones were pushed to.
    private var capacity = 0
    /// How many entries there are.
    private(set) var count = 0

    private struct Block {
        var keys: [UInt64]
        /// 0 where a slot is empty.
        var tags: [UInt32]

        init(slots: Int) {
            keys = [UInt64](repeating: 0, count: slots)
            tags = [UInt32](repeating: 0, count: slots)
        }
    }

    /// An empty table; tests take smaller blocks.
    init(blockBits: Int = 12) { self.blockBits = blockBits }

    var isEmpty: Bool { count == 0 }

    /// How many bytes the entries' slots take.
    var bytes: Int { slots * 12 }

    /// Adds a pair; returns false where the table has it already.
    ///
    /// The tag may not be 0.
    mutating func insert(_ key: UInt64, tag: UInt32) -> Bool {
        precondition(tag != 0, "tag 0 marks an empty slot")
        makeRoom()
        var slot = firstSlot(notBelow: key)
        while slot < slots, self.tag(slot) != 0, self.key(slot) == key {
            if self.tag(slot) == tag { return false }
            slot += 1
        }
        put(key, tag, at: slot)
        return true
    }

    /// Whether the table has this pair.
    func contains(_ key: UInt64, tag: UInt32) -> Bool {
        guard !isEmpty else { return false }
        var slot = firstSlot(notBelow: key)
        while slot < slots, self.tag(slot) != 0, self.key(slot) == key {
            if self.tag(slot) == tag { return true }
            slot += 1
        }
        return false
    }

    /// Counts a key: its tag is how often it was counted, this time included.
    mutating func increment(_ key: UInt64) -> UInt32 {
        makeRoom()
        let slot = firstSlot(notBelow: key)
        if slot < slots, tag(slot) != 0, self.key(slot) == key {
            blocks[slot >> blockBits].tags[slot & blockMask] += 1
            return tag(slot)
        }
        put(key, 1, at: slot)
        return 1
    }

    /// How often a key was counted.
    func occurrences(of key: UInt64) -> UInt32 {
        guard !isEmpty else { return 0 }
        let slot = firstSlot(notBelow: key)
        return slot < slots && tag(slot) != 0 && self.key(slot) == key ? tag(slot) : 0
    }

    // MARK: - Slots

    private var slots: Int { blocks.count << blockBits }

    private var blockMask: Int { (1 << blockBits) - 1 }

    private func key(_ slot: Int) -> UInt64 { blocks[slot >> blockBits].keys[slot & blockMask] }

    private func tag(_ slot: Int) -> UInt32 { blocks[slot >> blockBits].tags[slot & blockMask] }

    private mutating func addBlock() { blocks.append(Block(slots: 1 << blockBits)) }

    private mutating func set(_ slot: Int, _ key: UInt64, _ tag: UInt32) {
        blocks[slot >> blockBits].keys[slot & blockMask] = key
        blocks[slot >> blockBits].tags[slot & blockMask] = tag
    }

    /// Where a key is when nothing stands before it: its share of the range of all keys.
    private func place(of key: UInt64) -> Int { Int(key.multipliedFullWidth(by: UInt64(capacity)).high) }

    /// The slot of the key's first entry, or the one where it would have to be put.
    private func firstSlot(notBelow key: UInt64) -> Int {
        var slot = place(of: key)
        while slot < slots, tag(slot) != 0, self.key(slot) < key { slot += 1 }
        return slot
    }

    /// Puts an entry into a slot and pushes those that stand there one further, up to the next gap.
    private mutating func put(_ key: UInt64, _ tag: UInt32, at slot: Int) {
        var (key, tag, slot) = (key, tag, slot)
        while true {
            if slot == slots { addBlock() }
            let (oldKey, oldTag) = (self.key(slot), self.tag(slot))
            set(slot, key, tag)
            if oldTag == 0 { break }
            (key, tag) = (oldKey, oldTag)
            slot += 1
        }
        count += 1
    }

    // MARK: - Growing

    /// Grows the table where it is seven eighths full.
    private mutating func makeRoom() {
        guard count >= capacity / 8 * 7 else { return }
        let oldSlots = slots
        capacity += max(1, (capacity >> blockBits) / 8) << blockBits
        // The last keys may be pushed beyond the capacity; they need blocks too.
        let needed = max(capacity, endWhenSpread(over: oldSlots))
        while slots < needed { addBlock() }
        pushToTheEnd(from: oldSlots)
        spread()
    }

    /// One more than the last slot in use once all entries are in their new places.
    private func endWhenSpread(over oldSlots: Int) -> Int {
        var end = 0
        for slot in 0..<oldSlots where tag(slot) != 0 { end = max(place(of: key(slot)), end) + 1 }
        return end
    }

    /// Moves all entries to the table's end, without gaps, in their order.
    private mutating func pushToTheEnd(from oldSlots: Int) {
        var target = slots
        for slot in (0..<oldSlots).reversed() where tag(slot) != 0 {
            target -= 1
            let (key, tag) = (self.key(slot), self.tag(slot))
            set(slot, 0, 0)
            set(target, key, tag)
        }
    }

    /// Moves the entries from the end to their places, the first one first.
    ///
    /// None overtakes one that still waits: the n-th last entry has at least n slots from its place on.
    private mutating func spread() {
        var free = 0
        for slot in (slots - count)..<slots {
            let (key, tag) = (self.key(slot), self.tag(slot))
            set(slot, 0, 0)
            let target = max(place(of: key), free)
            set(target, key, tag)
            free = target + 1
        }
    }
}
