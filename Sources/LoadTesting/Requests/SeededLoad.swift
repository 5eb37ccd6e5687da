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

/// Prompts of random words, no two alike, so that a server's cache does not help.
package struct RandomPrompt: Sendable {
    private static let words = [
        "river", "stone", "lamp", "orbit", "copper", "garden", "winter", "signal", "harbor", "violet", "engine",
        "meadow", "paper", "thunder", "mirror", "salt", "canyon", "feather", "clock", "bridge", "ember", "island",
        "needle", "ocean", "pepper", "quartz", "ribbon", "saddle", "timber", "urban", "velvet", "walnut",
    ]

    private var random: SeededGenerator

    /// The same seed makes the same prompts.
    package init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// The next prompt, of a number of words, which are about as many tokens.
    package mutating func next(words count: Int) -> String {
        (0..<max(1, count)).map { _ in Self.words[Int.random(in: 0..<Self.words.count, using: &random)] }
            .joined(separator: " ")
    }
}

/// Random numbers that are the same for the same seed (SplitMix64).
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
