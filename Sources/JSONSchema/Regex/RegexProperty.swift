import Synchronization

/// The properties of `\p{…}`: general categories, and the binary properties that Swift's standard library knows.
///
/// Scripts are not among what the standard library tells of a code point: they are refused.
enum RegexProperty {
    enum Lookup {
        case set(ScalarSet)
        /// Why there is none, for a fault.
        case unknown(String)
    }

    /// The set of what stands between the braces, as `Lu`, `gc=Letter` or `Alphabetic`.
    static func set(named text: String) -> Lookup {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let property = parts.first, let value = parts.last.map(String.init) else {
            if let set = category(named: text) ?? binary(named: text) { return .set(set) }
            return .unknown(
                BinaryProperty.refused.contains(text)
                    ? "the property '\(text)', which is not supported," : "an unknown property '\(text)'")
        }
        switch property {
        case "General_Category", "gc":
            return category(named: value).map(Lookup.set) ?? .unknown("an unknown general category '\(value)'")
        case "Script", "sc", "Script_Extensions", "scx":
            return .unknown("\\p{\(text)}: scripts are not supported, general categories and ranges are;")
        default: return .unknown("an unknown property '\(property)'")
        }
    }

    private static func category(named name: String) -> ScalarSet? {
        guard let members = GeneralCategoryName.members(of: name) else { return nil }
        return ScalarSet(categoryRuns.flatMap { members.contains($0.category) ? [$0.range] : [] })
    }

    private typealias CategoryRun = (range: ClosedRange<UInt32>, category: Unicode.GeneralCategory)

    /// The general category of every code point, made once, when a pattern first asks: about 10 ms.
    private static let categoryRuns: [CategoryRun] = {
        var runs: [CategoryRun] = []
        for code in 0...ScalarSet.highest {
            let category = Unicode.Scalar(code)?.properties.generalCategory ?? .surrogate
            if let last = runs.last, last.category == category {
                runs[runs.count - 1].range = last.range.lowerBound...code
            } else {
                runs.append((code...code, category))
            }
        }
        return runs
    }()

    /// The sets that were asked for, each of which takes a look at every code point.
    private static let binarySets = Mutex<[String: ScalarSet]>([:])

    private static func binary(named name: String) -> ScalarSet? {
        guard let property = BinaryProperty.named[name] else { return nil }
        if let known = binarySets.withLock({ $0[name] }) { return known }
        var ranges: [ClosedRange<UInt32>] = []
        for code in 0...ScalarSet.highest where property.holds(code) {
            if let last = ranges.last, last.upperBound + 1 == code {
                ranges[ranges.count - 1] = last.lowerBound...code
            } else {
                ranges.append(code...code)
            }
        }
        let set = ScalarSet(ranges)
        binarySets.withLock { $0[name] = set }
        return set
    }
}
