/// Strings in the order of their UTF-8, to be found byte by byte as one comes.
///
/// In this order those that go on from the same beginning stand together, so that two numbers say which are left.
struct ByteStrings: Sendable {
    private var bytes: [UInt8] = []
    private var ends: [Int32] = []

    init() {}

    /// - Parameter strings: in any order; equal ones count once.
    init(_ strings: some Sequence<String>) {
        let sorted = strings.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
        for (position, string) in sorted.enumerated() where position == 0 || sorted[position - 1] != string {
            bytes.append(contentsOf: string)
            ends.append(Int32(bytes.count))
        }
    }

    var count: Int { ends.count }
    var isEmpty: Bool { ends.isEmpty }
    /// The positions of all.
    var slots: Range<Int> { 0..<ends.count }

    private func start(of position: Int) -> Int { position == 0 ? 0 : Int(ends[position - 1]) }

    /// The number of a string's bytes.
    func length(of position: Int) -> Int { Int(ends[position]) - start(of: position) }

    subscript(_ position: Int) -> String {
        String(decoding: bytes[start(of: position)..<Int(ends[position])], as: UTF8.self)
    }

    /// Of strings that agree in `offset` bytes those that have this byte next.
    func narrowed(_ range: Range<Int>, at offset: Int, to byte: UInt8) -> Range<Int> {
        guard let last = range.last else { return range }
        // In order, all between two that have it have it too: most often, names that begin alike.
        let lastHas = self.byte(of: last, at: offset) == Int(byte)
        if lastHas, self.byte(of: range.lowerBound, at: offset) == Int(byte) { return range }
        let lower = partition(range) { self.byte(of: $0, at: offset) < Int(byte) }
        if lastHas { return lower..<range.upperBound }
        return lower..<partition(lower..<range.upperBound) { self.byte(of: $0, at: offset) <= Int(byte) }
    }

    /// The byte at an offset; less than all bytes where the string is over.
    private func byte(of position: Int, at offset: Int) -> Int {
        let index = start(of: position) + offset
        return index < Int(ends[position]) ? Int(bytes[index]) : -1
    }

    private func partition(_ range: Range<Int>, _ isBefore: (Int) -> Bool) -> Int {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = low + (high - low) / 2
            if isBefore(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Where a string stands; nil where it does not.
    func position(of text: Span<UInt8>) -> Int? {
        var range = 0..<count
        for offset in 0..<text.count {
            range = narrowed(range, at: offset, to: text[offset])
            if range.isEmpty { return nil }
            if range.count == 1 { break }
        }
        guard let position = range.first, length(of: position) == text.count else { return nil }
        let start = start(of: position)
        for offset in 0..<text.count where bytes[start + offset] != text[offset] { return nil }
        return position
    }

    func position(of text: String) -> Int? { position(of: Array(text.utf8).span) }

    /// Whether a string's byte at an offset is this one.
    func has(_ byte: UInt8, at offset: Int, in position: Int) -> Bool {
        self.byte(of: position, at: offset) == Int(byte)
    }

    /// The characters of a string from a byte on.
    func scalars(of position: Int, from offset: Int) -> String.UnicodeScalarView {
        let start = start(of: position)
        return String(decoding: bytes[min(start + offset, Int(ends[position]))..<Int(ends[position])], as: UTF8.self)
            .unicodeScalars
    }
}
