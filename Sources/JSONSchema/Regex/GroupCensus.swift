/// The groups of a pattern, counted before it is read: what `\7` and `\k` mean depends on groups that may come later.
struct GroupCensus {
    private(set) var count = 0
    private(set) var hasNames = false

    init(_ pattern: [UInt32]) {
        var isInClass = false
        var index = 0
        func isNext(_ offset: Int, _ character: Unicode.Scalar) -> Bool {
            index + offset < pattern.count && pattern[index + offset] == character.value
        }
        while index < pattern.count {
            switch Unicode.Scalar(pattern[index]) {
            case "\\": index += 1
            case "[": isInClass = true
            case "]": isInClass = false
            case "(" where !isInClass:
                if !isNext(1, "?") {
                    count += 1
                } else if isNext(2, "<"), !isNext(3, "="), !isNext(3, "!") {
                    count += 1
                    hasNames = true
                }
            default: break
            }
            index += 1
        }
    }
}

/// The names of a pattern's groups.
struct GroupNames {
    /// Which alternative of which disjunction a group stands in, from the outermost on.
    typealias Path = [(disjunction: Int, alternative: Int)]

    private var groups: [String: [(number: Int, path: Path)]] = [:]

    func numbers(of name: String) -> [Int]? { groups[name]?.map(\.number) }

    /// Gives a group a name; false where another has it that could take part in the same match.
    mutating func add(_ name: String, number: Int, path: Path) -> Bool {
        let known = groups[name] ?? []
        guard known.allSatisfy({ Self.excludeEachOther($0.path, path) }) else { return false }
        groups[name] = known + [(number, path)]
        return true
    }

    private static func excludeEachOther(_ one: Path, _ other: Path) -> Bool {
        zip(one, other).contains { $0.disjunction == $1.disjunction && $0.alternative != $1.alternative }
    }
}
