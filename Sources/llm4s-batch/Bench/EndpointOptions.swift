import ArgumentParser
import BatchEngine
import Foundation
import LLM4S
import LLM4SBatch
import LLMStreaming
import LoadTesting

/// The options of `bench`, except those of its reports.
struct EndpointOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Model to ask with random prompts, and for lines of --jobs without one, as provider/model (default: LLM_MODEL).",
            valueName: "P/M"))
    var model: String?

    @Option(
        help: ArgumentHelp(
            "URL in place of the provider's; a model without a provider's prefix is then asked as vLLM is (default: none).",
            valueName: "URL"))
    var baseURL: String?

    @OptionGroup var providers: ProviderOptions

    @Option(
        help: ArgumentHelp(
            "Requests open at once: a level for each number (default: 1; with --rate no bound).", valueName: "N,N"))
    var concurrency: LevelsArgument?

    @Option(
        help: ArgumentHelp(
            "Requests a second, whatever has ended: a level for each rate (default: the next when one has ended).",
            valueName: "R,R"))
    var rate: RatesArgument?

    @Flag(help: "With --rate: at random times, as independent users come, not equally far apart.")
    var poisson = false

    @Option(help: ArgumentHelp("Requests of each level (default: as many as --duration allows).", valueName: "N"))
    var requests: Int?

    @Option(
        help: ArgumentHelp("JSONL file of jobs to send, over and over (default: random prompts).", valueName: "FILE"),
        completion: .file())
    var jobs: String?

    @Option(
        help: ArgumentHelp(
            "JSON file of one job line with {{column}} in its strings: --jobs is then CSV, TSV or JSONL of any objects, and "
                + "each row becomes a job (default: --jobs has job lines).", valueName: "FILE"),
        completion: .file(extensions: ["json"]))
    var template: String?

    @Option(
        help: ArgumentHelp("Form of the rows of --jobs (default: told by the file's ending).", valueName: "FORM"))
    var rows: BatchOptions.RowForm?

    @Option(help: ArgumentHelp("Words, about as many tokens, of each random prompt (default: 256).", valueName: "N"))
    var inputTokens: Int?

    @Option(help: ArgumentHelp("Most tokens of each answer to a random prompt (default: 128).", valueName: "N"))
    var outputTokens: Int?

    @Option(
        help: ArgumentHelp(
            "What a good request keeps, any of ttft=500ms,tpot=50ms,e2el=10s; with units (default: no goodput is told).",
            valueName: "SLO"), transform: ServiceLevelArgument.level)
    var slo: ServiceLevel?

    @Option(
        help: ArgumentHelp(
            "Requests before each level, by its loop, that count for nothing (default: 0).", valueName: "N"))
    var warmup: Int?

    @Option(help: ArgumentHelp("Seed of random prompts and times (default: 1).", valueName: "N"))
    var seed: UInt64?

    @Option(
        help: ArgumentHelp("Write the report to this file, as a page (default: no file).", valueName: "FILE"),
        completion: .file())
    var html: String?

    @Option(
        help: ArgumentHelp(
            "PEM file of certificate authorities to trust beside the system's (default: SSL_CERT_FILE, else none).",
            valueName: "FILE"),
        completion: .file())
    var caFile: String?

    @Option(
        help: ArgumentHelp(
            "auto: HTTP/2 where TLS and the server allow it, else HTTP/1.1; 1 or 2: that version only, also without TLS.",
            valueName: "VERSION"))
    var http = HTTPVersions.auto

    @Flag(help: "Trust the authorities of --ca-file (or of SSL_CERT_FILE) only, and none of the system.")
    var caOnly = false

    mutating func validate() throws {
        try FlagBounds.check("requests", requests, FlagBounds.requests)
        try FlagBounds.check("input-tokens", inputTokens, FlagBounds.words)
        try FlagBounds.check("output-tokens", outputTokens, FlagBounds.counts)
        try FlagBounds.check("warmup", warmup, 0...FlagBounds.requests.upperBound)
        for rate in rate?.rates ?? [] {
            if !(rate > 0) { throw ValidationError("--rate must be more than 0, not \(rate)") }
            // One request in eleven days is too slow to wait for.
            if !(1e-6...1e6).contains(rate) {
                throw ValidationError("--rate must be from 0.000001 to 1000000, not \(rate)")
            }
        }
        if let rate, let concurrency, rate.rates.count > 1, concurrency.levels.count > 1 {
            throw ValidationError("only one of --rate and --concurrency can be a list: it makes the levels")
        }
        guard !poisson || rate != nil else { throw ValidationError("--poisson needs --rate") }
        guard jobs == nil || (inputTokens == nil && outputTokens == nil) else {
            throw ValidationError("--input-tokens and --output-tokens are for random prompts, not for --jobs")
        }
        for (name, isGiven) in [("template", template != nil), ("rows", rows != nil)] where isGiven && jobs == nil {
            throw ValidationError("--\(name) needs --jobs")
        }
    }

    /// The levels in their order.
    var levels: [LevelLoad] {
        let spacing: Arrivals.Spacing = poisson ? .poisson : .constant
        guard let rates = rate?.rates else {
            return (concurrency?.levels ?? [1]).map { LevelLoad(concurrency: $0, spacing: spacing) }
        }
        let bounds = concurrency?.levels.map(Optional.some) ?? [nil]
        return rates.flatMap { rate in bounds.map { LevelLoad(concurrency: $0, rate: rate, spacing: spacing) } }
    }
}

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
        return (measure, duration.seconds)
    }
}
