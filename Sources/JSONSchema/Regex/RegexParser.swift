/// Reads a pattern of ECMA 262 into its parts.
///
/// The grammar is the one of flag `u`. What that refuses and a browser takes without the flag has the meaning of annex B:
/// `\-` and `\_` are the characters themselves, a lone `]` or `{` too, `[\w-.]` has three members.
struct RegexParser {
    /// How deep groups may nest.
    static let maximumDepth = 200
    /// How long a pattern may be, in code points.
    static let maximumLength = 100_000

    let pattern: [UInt32]
    let census: GroupCensus
    var index = 0
    private var depth = 0
    /// How many groups have begun.
    private var groupCount = 0
    private var names = GroupNames()
    private var path: GroupNames.Path = []
    private var disjunctionCount = 0
    /// References by name, which may stand before their group.
    private var namedReferences: [(name: String, offset: Int)] = []

    /// The parts of a pattern, and how many groups it has.
    static func parse(_ pattern: String) throws(RegexFault) -> (root: RegexNode, groupCount: Int) {
        var parser = RegexParser(pattern)
        guard parser.pattern.count <= maximumLength else {
            throw RegexFault(reason: "more than \(maximumLength) characters", offset: maximumLength)
        }
        let root = try parser.disjunction()
        guard parser.index == parser.pattern.count else { throw parser.fault("a ')' that nothing opened") }
        for (name, offset) in parser.namedReferences where parser.names.numbers(of: name) == nil {
            throw RegexFault(reason: "no group is named '\(name)'", offset: offset)
        }
        return (parser.resolvingNames(root), parser.groupCount)
    }

    private init(_ pattern: String) {
        self.pattern = pattern.unicodeScalars.map(\.value)
        census = GroupCensus(self.pattern)
    }

    func fault(_ reason: String, at offset: Int? = nil) -> RegexFault {
        RegexFault(reason: reason, offset: offset ?? index)
    }

    var next: Unicode.Scalar? { scalar(at: index) }

    func scalar(at index: Int) -> Unicode.Scalar? {
        index < pattern.count ? Unicode.Scalar(pattern[index]) : nil
    }

    /// Moves past a character; false if another stands there.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == character else { return false }
        index += 1
        return true
    }

    private mutating func take(all text: String) -> Bool {
        let scalars = text.unicodeScalars.map(\.value)
        guard pattern[index...].starts(with: scalars) else { return false }
        index += scalars.count
        return true
    }

    private mutating func disjunction() throws(RegexFault) -> RegexNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw fault("groups nested deeper than \(Self.maximumDepth)") }
        disjunctionCount += 1
        path.append((disjunctionCount, 0))
        defer { path.removeLast() }
        var alternatives = [try alternative()]
        while take("|") {
            path[path.count - 1].alternative += 1
            alternatives.append(try alternative())
        }
        return alternatives.count == 1 ? alternatives[0] : .alternatives(alternatives)
    }

    private mutating func alternative() throws(RegexFault) -> RegexNode {
        var parts: [RegexNode] = []
        while let character = next, character != "|", character != ")" {
            let part = try term()
            if !part.isEmpty { parts.append(part) }
        }
        return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func term() throws(RegexFault) -> RegexNode {
        let (start, firstGroup) = (index, groupCount)
        let atom = try atom()
        guard let bounds = try quantifier(groups: firstGroup + 1..<groupCount + 1) else { return atom }
        guard isRepeatable(atom, from: start) else {
            throw fault("a quantifier that has only an assertion to repeat", at: start)
        }
        return bounds.maximum == 0 || atom.isEmpty ? .empty : .repeated(atom, bounds)
    }

    /// Whether a quantifier may follow an atom: not an assertion, but any group, and a look ahead (annex B).
    private func isRepeatable(_ atom: RegexNode, from start: Int) -> Bool {
        switch atom {
        case .assertion: scalar(at: start) == "("
        case .look(_, let look): look.isAhead || scalar(at: start + 2) != "<"
        default: true
        }
    }

    private mutating func atom() throws(RegexFault) -> RegexNode {
        guard let character = next else { return .empty }
        let start = index
        switch character {
        case "^": return .assertion(advanced(.start))
        case "$": return .assertion(advanced(.end))
        case ".": return .set(advanced(.dot))
        case "(": return try group()
        case "[": return .set(try characterClass())
        case "\\": return try atomEscape()
        case "*", "+", "?": throw fault("nothing before the quantifier '\(character)'")
        case "{":
            if try quantifier(groups: 0..<0) != nil { throw fault("nothing before the quantifier", at: start) }
            return .set(advanced(ScalarSet(character.value)))
        default: return .set(advanced(ScalarSet(character.value)))
        }
    }

    private mutating func advanced<Value>(_ value: Value) -> Value {
        index += 1
        return value
    }

    private mutating func group() throws(RegexFault) -> RegexNode {
        let start = index
        index += 1
        if take(all: "?:") { return try body(openedAt: start) }
        for (sign, isAhead, isNegative) in [
            ("?=", true, false), ("?!", true, true), ("?<=", false, false), ("?<!", false, true),
        ] where take(all: sign) {
            return .look(try body(openedAt: start), RegexLook(isAhead: isAhead, isNegative: isNegative))
        }
        groupCount += 1
        let number = groupCount
        if next == "?" {
            guard take(all: "?<") else {
                throw fault("a kind of group that ECMA 262 does not have, or flags in the pattern,", at: start)
            }
            let name = try groupName()
            guard names.add(name, number: number, path: path) else {
                throw fault("a second group named '\(name)'", at: start)
            }
        }
        return .group(try body(openedAt: start), number: number)
    }

    private mutating func body(openedAt start: Int) throws(RegexFault) -> RegexNode {
        let body = try disjunction()
        guard take(")") else { throw fault("a group that is not closed", at: start) }
        return body
    }

    /// The name that ends with the next `>`.
    mutating func groupName() throws(RegexFault) -> String {
        let start = index
        var name = String.UnicodeScalarView()
        while let character = next, character != ">" {
            let isLawful =
                character == "$" || character == "_"
                || (name.isEmpty
                    ? character.properties.isIDStart
                    : character.properties.isIDContinue || character == "\u{200C}" || character == "\u{200D}")
            guard isLawful else { throw fault("a character that a group's name cannot have") }
            name.append(character)
            index += 1
        }
        guard take(">"), !name.isEmpty else { throw fault("a group's name is missing, or its '>'", at: start) }
        return String(name)
    }

    /// What `\k<name>` means: until the whole is read, a place in the list of names.
    mutating func namedReference(at start: Int) throws(RegexFault) -> RegexNode {
        guard take("<") else { throw fault("'<' and a group's name must follow \\k", at: start) }
        namedReferences.append((try groupName(), start))
        return .backReference([-namedReferences.count])
    }

    private func resolvingNames(_ node: RegexNode) -> RegexNode {
        switch node {
        case .empty, .set, .assertion: node
        case .sequence(let parts): .sequence(parts.map(resolvingNames))
        case .alternatives(let parts): .alternatives(parts.map(resolvingNames))
        case .group(let body, let number): .group(resolvingNames(body), number: number)
        case .repeated(let body, let bounds): .repeated(resolvingNames(body), bounds)
        case .look(let body, let look): .look(resolvingNames(body), look)
        case .backReference(let numbers):
            .backReference(
                numbers.flatMap { $0 > 0 ? [$0] : names.numbers(of: namedReferences[-$0 - 1].name) ?? [] })
        }
    }
}
