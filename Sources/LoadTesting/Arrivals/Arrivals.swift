import Foundation

/// When requests are due: the times of an open loop, one after the other.
package struct Arrivals: Sendable {
    /// The distribution of the times between two requests.
    package enum Spacing: Sendable, Equatable {
        /// All equal.
        case constant
        /// Exponential, as independent users come (a Poisson process).
        case poisson
    }

    private let meanGap: Double
    private let spacing: Spacing
    private var random: SeededGenerator
    private var next = 0.0

    /// Arrivals at a mean rate.
    ///
    /// - Parameters:
    ///   - rate: more than 0.
    ///   - spacing: the distribution of the times between two requests.
    ///   - seed: of random times.
    package init(requestsPerSecond rate: Double, spacing: Spacing, seed: UInt64) {
        precondition(rate > 0, "a rate of \(rate)")
        meanGap = 1 / rate
        self.spacing = spacing
        random = SeededGenerator(seed: seed)
    }

    /// The seconds from the start at which the next request is due; the first is due at once.
    package mutating func nextSeconds() -> Double {
        defer {
            switch spacing {
            case .constant: next += meanGap
            // Of (0, 1], since 0 has no logarithm.
            case .poisson: next -= meanGap * log(1 - Double.random(in: 0..<1, using: &random))
            }
        }
        return next
    }
}
