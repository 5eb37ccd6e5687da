import ArgumentParser
import LLM4SBatch
import LLMStreaming

/// Where jobs are sent, and in which order (Contract, "Pools").
struct PoolOptions: ParsableArguments {
    @Option(
        name: .customLong("base-url"),
        help: ArgumentHelp(
            "URL in place of the provider's: of --provider, else of the only provider that the jobs name; may be repeated "
                + "where several servers do the same (default: those of its variable such as OPENAI_BASE_URL, else its "
                + "own).", valueName: "URL"))
    var baseURLs: [String] = []

    @Option(
        name: .customLong("weight"),
        help: ArgumentHelp(
            "How much of the work the server at a URL gets, against 1 for each other one; may be repeated (default: that "
                + "of the config file, else 1).", valueName: "URL=N"), transform: WeightedURL.init(typed:))
    var weights: [WeightedURL] = []

    @Option(
        help: ArgumentHelp(
            "prefix: jobs that begin alike are sent next to each other, to the server that has their beginning; input: "
                + "each in its turn, to the one with the most room (default: of resume and retry that of the run before, "
                + "else prefix).", valueName: "ORDER"))
    var order: BatchOptions.JobOrder?

    @Option(
        help: ArgumentHelp(
            "Whether the first of the jobs that begin alike goes alone to a server until its first token came, so that the "
                + "others find their beginning cached: auto where they have much in common (default: of resume and retry "
                + "that of the run before, else auto).", valueName: "WHEN"))
    var warmFirst: BatchOptions.WarmFirst?

    @Option(
        help: ArgumentHelp(
            "With --concurrency auto: the time to the first token past which a server gets no more streams (default: "
                + "any).", valueName: "DURATION"))
    var ttftTarget: DurationArgument?

    mutating func validate() throws {
        var byURL: [String: Double] = [:]
        for weighted in weights {
            if let other = byURL.updateValue(weighted.weight, forKey: weighted.url), other != weighted.weight {
                throw ValidationError(
                    "--weight: one URL has two weights, \(JSON.double(other).text) and "
                        + JSON.double(weighted.weight).text)
            }
        }
        if let ttftTarget, ttftTarget.duration <= .zero {
            throw ValidationError("--ttft-target must be longer than zero")
        }
    }

    /// Enters them into the options of a run.
    func add(to batch: inout BatchOptions) {
        batch.baseURLs = baseURLs
        batch.weights = Dictionary(weights.map { ($0.url, $0.weight) }, uniquingKeysWith: { _, last in last })
        if let order { batch.order = order }
        if let warmFirst { batch.warmFirst = warmFirst }
        batch.firstTokenTarget = ttftTarget?.duration
    }

    /// Takes over what an earlier run's options say, where nothing is given now.
    ///
    /// No URL is: a key would go wherever a database says.
    /// - Returns: the names of those that were taken over, each with its value.
    mutating func remember(_ stored: JSONObject) -> [(name: String, value: String)] {
        var taken: [(name: String, value: String)] = []
        func word<Choice: RawRepresentable<String>>(_ name: String, _ given: inout Choice?) {
            guard given == nil, let word = stored[name]?.string, let choice = Choice(rawValue: word) else { return }
            given = choice
            taken.append((name, word))
        }
        word("order", &order)
        word("warm-first", &warmFirst)
        return taken
    }
}

/// A URL and how much of the work its server gets, as they are typed: `http://gpu1:8000/v1=2`.
struct WeightedURL: Equatable, Sendable {
    var url: String
    var weight: Double

    /// Reads the option's value; the last `=` parts it.
    ///
    /// - Throws: `ValidationError` with what it may be.
    init(typed text: String) throws {
        guard let position = text.lastIndex(of: "="), position > text.startIndex,
            let weight = Double(text[text.index(after: position)...])
        else { throw ValidationError("give a URL and a number, as http://gpu1:8000/v1=2") }
        guard BatchOptions.weightBounds.contains(weight) else {
            throw ValidationError(
                weight > 0 ? "a weight must be from 0.000001 to 1000000" : "a weight must be more than 0")
        }
        url = String(text[..<position])
        self.weight = weight
    }
}
