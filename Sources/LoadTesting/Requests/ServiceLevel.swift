/// The bounds that a good request meets: `--slo ttft=500ms,tpot=50ms,e2el=10s`.
package struct ServiceLevel: Sendable, Equatable {
    /// What is bounded, with vLLM's names.
    package enum Measure: String, Sendable, CaseIterable {
        /// Time to first token.
        case ttft
        /// Time per output token after the first.
        case tpot
        /// End to end.
        case e2el
    }

    /// The greatest value of each, in seconds.
    package let bounds: [Measure: Double]

    package init(bounds: [Measure: Double]) { self.bounds = bounds }

    /// In words: `ttft at most 500 ms, tpot at most 50 ms`.
    package var text: String {
        given.map { measure, bound in "\(measure.rawValue) at most \(Figure.duration(bound))" }.joined(separator: ", ")
    }

    /// The bounds in the order of the measures.
    var given: [(measure: Measure, bound: Double)] {
        Measure.allCases.compactMap { measure in bounds[measure].map { (measure, $0) } }
    }

    /// Whether a request met all of them; a failed one did not, nor one without the measured time.
    package func isKept(by record: RequestRecord) -> Bool {
        guard record.isCompleted else { return false }
        return bounds.allSatisfy { measure, bound in
            switch measure {
            case .ttft: record.times.timeToFirstToken.map { $0 <= bound } ?? false
            // An answer of one token has no time between tokens.
            case .tpot: record.outputTokens <= 1 || record.timePerOutputToken.map { $0 <= bound } ?? false
            case .e2el: record.times.endToEnd <= bound
            }
        }
    }
}
