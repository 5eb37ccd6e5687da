import ArgumentParser
import LLMStreaming

/// The gate of the numbers that are typed: what lies outside of an option's bounds is refused before anything is done.
enum FlagBounds {
    /// Streams that may be open at once; open files bound them further.
    static let streams = 1...1_000_000_000
    /// Workers that are started at once.
    static let workers = 1...1_000_000
    /// What is counted.
    static let counts = 1...NumberGate.counts.upperBound
    /// Tries of a job.
    static let attempts = 1...1_000_000
    /// Bytes that are held at once.
    static let bytes = 1...NumberGate.bytes.upperBound
    /// Requests of a level of a load test.
    static let requests = 1...1_000_000_000
    /// Words of a random prompt.
    static let words = 1...10_000_000

    /// Checks an option that may be left out.
    ///
    /// - Throws: `ValidationError`, with what the option may be.
    static func check(_ option: String, _ value: Int?, _ bounds: ClosedRange<Int>) throws {
        guard let value, !bounds.contains(value) else { return }
        if value < bounds.lowerBound, bounds.lowerBound == 0 {
            throw ValidationError("--\(option) cannot be negative, and is \(value)")
        }
        throw ValidationError(
            value < bounds.lowerBound
                ? "--\(option) must be at least \(bounds.lowerBound), not \(value)"
                : "--\(option) must be at most \(bounds.upperBound), not \(value)")
    }
}
