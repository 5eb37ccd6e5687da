/// A load test's levels as text.
package struct TestReport: Sendable {
    package let test: TestDescription
    package let levels: [LevelFigures]

    package init(_ test: TestDescription, levels: [LevelFigures]) {
        self.test = test
        self.levels = levels
    }

    /// The meaning of the names, printed with the numbers.
    package static let definitions = [
        "each request has six times on one monotonic clock: scheduled (due by the rate, or its place became free), "
            + "sent (a connection is free or begins to be set up), first byte, first content, "
            + "last content, end",
        "TTFT = first content - sent; from schedule: first content - scheduled",
        "TPOT = (last content - first content) / (output tokens - 1)",
        "ITL = every gap between two chunks of content, measured; chunks that came in one read are 0 apart",
        "E2E = end - sent; from schedule: end - scheduled",
        "goodput = requests that kept the SLO / duration; its share is of all requests, failed ones included",
        "steady state = from when the asked-for number has been sent (at a rate: the first has ended) until the last is "
            + "sent; latencies are of all completed requests after the warm-up",
        "dispatch delay = sent - scheduled; loop lag = how late an event loop came to a timer",
    ]

    /// The warning at the top; nil where the client was fast enough.
    package var warning: String? {
        let limited = levels.filter { !$0.clientLimits.isEmpty }
        guard !limited.isEmpty else { return nil }
        return "this measured the client: "
            + limited.map { level in
                level.clientLimits.joined(separator: "; ") + (levels.count > 1 ? " (\(level.load.text))" : "")
            }.joined(separator: "; ")
    }

    package var text: String {
        var lines: [String] = []
        if let warning { lines.append(warning) }
        lines.append("\(test.endpoint) · \(test.model) · \(test.requests)")
        if let serviceLevel { lines.append("SLO: \(serviceLevel.text)") }
        for level in levels { lines += [""] + LevelTable(level).lines }
        if levels.count > 1 { lines += ["", "all levels:"] + LevelCurve(levels).lines }
        lines += ["", "tokens are \(tokenSource)"] + Self.definitions
        return lines.joined(separator: "\n")
    }

    /// The bounds of a good request, the same for all levels.
    package var serviceLevel: ServiceLevel? { levels.lazy.compactMap(\.serviceLevel).first }

    /// How tokens were counted, in words.
    package var tokenSource: String {
        let sources = levels.reduce(into: Set<RequestRecord.TokenSource>()) { $0.formUnion($1.tokenSources) }
        return switch (sources.contains(.usage), sources.contains(.chunks)) {
        case (true, false): "those that the server reports"
        case (false, true): "chunks of content: the server reports none"
        case (true, true): "those that the server reports, and chunks of content where it reports none"
        case (false, false): "not known: no request was completed"
        }
    }
}

/// The subject and the time of a load test.
package struct TestDescription: Sendable {
    /// ISO 8601.
    package var date: String
    /// The origin and path that requests go to, without secrets.
    package var endpoint: String
    /// The dialect.
    package var endpointType: String
    package var model: String
    /// The requests in words.
    package var requests: String
    package var seed: UInt64

    package init(
        date: String, endpoint: String, endpointType: String, model: String, requests: String, seed: UInt64
    ) {
        self.date = date
        self.endpoint = endpoint
        self.endpointType = endpointType
        self.model = model
        self.requests = requests
        self.seed = seed
    }
}
