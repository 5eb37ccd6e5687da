/// The jobs of an input whose ids fall to one of N equal parts, for engines that hand out the parts (Contract, "Shards").
///
/// The id alone decides, so that a job stays in its part whatever file, line, order or attempt it comes by, and two
/// lines of one id meet in one part.
package struct JobShard: Sendable, Hashable {
    /// How many parts an input may have.
    package static let counts = 1...100_000

    /// From 0, less than `count`.
    package let index: Int
    /// Into how many parts the input is cut.
    package let count: Int

    /// A part; nil where there is none of this number.
    package init?(_ index: Int, of count: Int) {
        guard Self.counts.contains(count), (0..<count).contains(index) else { return nil }
        self.index = index
        self.count = count
    }

    /// Reads `3/64`; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let index = Self.number(parts[0]), let count = Self.number(parts[1]) else { return nil }
        self.init(index, of: count)
    }

    /// A number in decimal digits alone; nil for one with a sign, or too large.
    package static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? Int(text) : nil
    }

    /// As it is typed: `3/64`.
    package var text: String { "\(index)/\(count)" }

    /// What names of files hold of it: `003-of-064`, as many digits as N has and at least three, so that they sort.
    package var fileName: String {
        let width = max(3, String(count).utf8.count)
        let padded = { (number: Int) in
            let digits = String(number)
            return String(repeating: "0", count: width - digits.utf8.count) + digits
        }
        return "\(padded(index))-of-\(padded(count))"
    }

    /// Reads what names of files hold of one; nil for anything else.
    init?(fileName text: Substring) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1] == "of", let index = Self.number(parts[0]), let count = Self.number(parts[2])
        else { return nil }
        self.init(index, of: count)
    }

    /// The only shard of an input that is not cut.
    package static let whole = JobShard(checked: 0, of: 1)

    private init(checked index: Int, of count: Int) {
        self.index = index
        self.count = count
    }

    /// Whether the job of an id falls to it.
    package func contains(_ id: String) -> Bool { contains(IDHash(id)) }

    func contains(_ hash: IDHash) -> Bool { hash.placement % UInt64(count) == UInt64(index) }
}
