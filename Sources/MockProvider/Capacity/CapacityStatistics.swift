/// What a server of limited capacity counted since its start, and what it does now.
package struct CapacityStatistics: Sendable, Hashable {
    /// Requests with a slot now.
    package internal(set) var running = 0
    /// Requests that wait for a slot now.
    package internal(set) var waiting = 0
    /// The most requests that waited at once.
    package internal(set) var longestQueue = 0
    /// The part of the cache that running requests hold now, 0 to 1; kept prefixes do not count.
    ///
    /// Above 1 where the cache was made smaller than what the last request needs.
    package internal(set) var cacheUsage = 0.0
    /// Prompt tokens that were computed; after a preemption once more, with those of the answer so far.
    package internal(set) var prefillTokens = 0
    /// Prompt tokens that were looked for in the cache, once for each request.
    package internal(set) var queriedTokens = 0
    /// Prompt tokens that were found there.
    package internal(set) var cachedTokens = 0
    /// How often a request had to give its slot back before its end.
    package internal(set) var preemptions = 0
    /// Prompt tokens of the requests whose first token came.
    package internal(set) var promptTokens = 0
    /// Tokens that were decoded.
    package internal(set) var generatedTokens = 0
    /// Requests that were refused because the queue was full.
    package internal(set) var refused = 0
    /// The seconds from each request's arrival to its first token.
    package internal(set) var firstTokens = SecondsHistogram()

    package init() {}
}

/// How many times lay in which range, in vLLM's ranges of the time to the first token.
package struct SecondsHistogram: Sendable, Hashable {
    /// The upper ends of the ranges, in seconds; one more has no end.
    package static let bounds: [Double] = [
        0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640,
        2_560,
    ]

    /// How many lay in each range.
    package private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
    /// Their sum, in seconds.
    package private(set) var sum = 0.0

    mutating func add(_ seconds: Double) {
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        sum += seconds
    }
}
