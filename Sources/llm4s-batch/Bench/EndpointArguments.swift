import ArgumentParser
import BatchEngine
import LoadTesting

/// Numbers of requests open at once, as they are typed: `1,8,64`.
struct LevelsArgument: ExpressibleByArgument {
    var levels: [Int]

    init?(argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.allSatisfy({ FlagBounds.workers.contains($0 ?? 0) }) else { return nil }
        levels = numbers.compactMap { $0 }
    }
}

/// Requests a second, as they are typed: `1,2.5,4`.
struct RatesArgument: ExpressibleByArgument {
    var rates: [Double]

    init?(argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        rates = numbers.compactMap { $0 }
        guard rates.count == numbers.count else { return nil }
    }
}

/// A service level as it is typed: `ttft=500ms,tpot=50ms`, or with colons, as in vLLM's goodput.
enum ServiceLevelArgument {
    /// The service level of a text.
    ///
    /// - Throws: `ValidationError` that says how the part that is wrong is written.
    static func level(_ text: String) throws -> ServiceLevel {
        var bounds: [ServiceLevel.Measure: Double] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let (measure, bound) = try bound(part)
            guard bounds[measure] == nil else { throw ValidationError("'\(measure.rawValue)' is given twice") }
            bounds[measure] = bound
        }
        return ServiceLevel(bounds: bounds)
    }

    private static func bound(_ part: Substring) throws -> (ServiceLevel.Measure, seconds: Double) {
        let sides = part.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "=" || $0 == ":" }
        let known = ServiceLevel.Measure.allCases.map(\.rawValue)
        guard sides.count == 2 else {
            throw ValidationError("give a measure and the most that it may be, as ttft=500ms")
        }
        let (name, value) = (String(sides[0]), String(sides[1]))
        guard let measure = ServiceLevel.Measure(rawValue: name) else {
            let nearest = NearestName.suggestion(for: name, among: known)
            throw ValidationError(
                "there is no measure \(name.quotedName)"
                    + (nearest.isEmpty ? "; known are \(known.joined(separator: ", "))" : nearest))
        }
        // A bare number means milliseconds in some tools and seconds in others.
        guard Double(value) == nil else {
            throw ValidationError("\(value.quotedName) needs a unit: \(name)=\(value)ms or \(name)=\(value)s")
        }
        guard let duration = DurationArgument(argument: value)?.duration, duration > .zero else {
            throw ValidationError("\(value.quotedName) is no bound: give a number above zero and ms, s, m or h")
        }
        return (measure, duration.inSeconds)
    }
}
