/// What to do when the way that is tried fails, the newest first.
struct BacktrackEntry {
    enum Kind: UInt8 {
        /// Go on at the instruction and place.
        case way
        /// Put the old value `place` back into the register `target`.
        case value
        /// Give back one character of a run, from `place` on; `limit` is the last place that may be given.
        case shorterRun
        /// Take one more for a run; `limit` says how many it may still take.
        case longerRun
        /// Repeat the loop `target` once more.
        case repetition
    }

    var kind: Kind
    var target: Int32
    var place: Int32
    var limit: Int32 = 0

    init(_ kind: Kind, _ target: Int, _ place: Int, limit: Int = 0) {
        self.kind = kind
        self.target = Int32(truncatingIfNeeded: target)
        self.place = Int32(truncatingIfNeeded: place)
        self.limit = Int32(clamping: limit)
    }
}
