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
