/// Prompts of random words: no two alike, so that no cache of a server answers for it.
package struct RandomPrompt: Sendable {
    private static let words = [
        "river", "stone", "lamp", "orbit", "copper", "garden", "winter", "signal", "harbor", "violet", "engine",
        "meadow", "paper", "thunder", "mirror", "salt", "canyon", "feather", "clock", "bridge", "ember", "island",
        "needle", "ocean", "pepper", "quartz", "ribbon", "saddle", "timber", "urban", "velvet", "walnut",
    ]

    private var random: SeededGenerator

    /// Prompts that a seed repeats.
    package init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// The next prompt, of so many words: about as many tokens.
    package mutating func next(words count: Int) -> String {
        (0..<max(1, count)).map { _ in Self.words[Int.random(in: 0..<Self.words.count, using: &random)] }
            .joined(separator: " ")
    }
}
