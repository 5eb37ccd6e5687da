import LLMStreaming

/// What jobs are expected to use up, guessed before any of them is sent.
package struct WorkEstimate: Sendable, Equatable {
    /// What an answer may have where its request sets no bound: what the engine sets aside for it (SPEC 7).
    package static let assumedOutput = 4096
    /// By how much of itself the input may be more or less than the guess.
    static let spread = 0.3

    package private(set) var requests = 0
    /// The sum of the bounds that the requests set, and of the assumption for those that set none.
    package private(set) var mostOutput = 0.0
    /// Requests that set no bound.
    package private(set) var unbounded = 0
    private var input = 0.0

    package init() {}

    /// Adds the job of a line.
    mutating func add(_ line: ParsedLine) { add(line.members, line.content) }

    /// Adds the job of a stored request; one that cannot be read, which only others can have written, counts as a
    /// request alone.
    package mutating func add(stored request: [UInt8]) {
        if let members = try? JSONParser.parse(request).object, let job = try? JobRequest(stored: request) {
            add(members, job.content)
        } else {
            requests += 1
        }
    }

    private mutating func add(_ members: JSONObject, _ content: RequestContent) {
        requests += 1
        input += RequestTokens.count(members)
        let bound = content.maximumTokens
        if bound == nil { unbounded += 1 }
        mostOutput += Double(max(0, bound ?? Self.assumedOutput)) * Double(content.choices)
    }

    /// Adds the jobs of another estimate.
    package mutating func add(_ other: Self) {
        requests += other.requests
        input += other.input
        mostOutput += other.mostOutput
        unbounded += other.unbounded
    }

    /// The tokens of the requests, at least and at most.
    package var inputTokens: ClosedRange<Double> { input * (1 - Self.spread)...input * (1 + Self.spread) }

    /// What the jobs cost in US dollars: from empty answers to answers as long as their bounds.
    package func cost(at price: ModelPrice) -> ClosedRange<Double> {
        let least = inputTokens.lowerBound * min(price.input, price.cachedInput)
        return least...max(least, inputTokens.upperBound * price.input + mostOutput * price.output)
    }
}
