/// The version in the name of one of Anthropic's models.
public struct ClaudeVersion: Sendable, Hashable, Comparable {
    /// What stands before the point.
    public var major: Int
    /// What stands behind it; 0 where nothing does.
    public var minor: Int

    /// A version.
    public init(_ major: Int, _ minor: Int = 0) {
        self.major = major
        self.minor = minor
    }

    /// The version in a name such as `claude-haiku-4-5-20251001`, `claude-3-7-sonnet-latest` or `claude-2.1`; nil for a
    /// name without one, and for one that is not Claude's.
    public init?(model: String) {
        let words = model.lowercased().split { !$0.isLetter && !$0.isNumber }
        guard let name = words.lastIndex(of: "claude") else { return nil }
        // A date has more digits than a version.
        let isNumber = { (word: Substring) in
            word.utf8.count <= 2 && word.utf8.allSatisfy { (0x30...0x39).contains($0) }
        }
        let numbers = words[name...].drop { !isNumber($0) }.prefix(while: isNumber).compactMap { Int($0) }
        guard let major = numbers.first else { return nil }
        self.init(major, numbers.dropFirst().first ?? 0)
    }

    /// Whether it is the older one.
    public static func < (left: Self, right: Self) -> Bool { (left.major, left.minor) < (right.major, right.minor) }
}
