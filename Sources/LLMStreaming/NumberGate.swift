/// The gate that numbers from outside pass: of servers, files, flags, the environment, clocks and stored rows.
///
/// Each edge asks it and gets a number within these bounds, or none. Behind it arithmetic may trap: a million counts
/// can be summed, a time can be had in microseconds, and what is owed can be multiplied by a price.
package enum NumberGate {
    /// Whatever is counted: tokens, requests, characters, attempts.
    package static let counts = 0...1_000_000_000_000
    /// What is summed over many rows, and what is counted from somewhere else than zero.
    package static let sums = -1_000_000_000_000_000...1_000_000_000_000_000
    /// Bytes that may be held at once.
    package static let bytes = 0...(1 << 40)
    /// How much of the work an endpoint is to get, against others that get 1.
    package static let weights = 1e-6...1e6
    /// US dollars, of an answer or of all of them.
    package static let dollars = 0...1e12
    /// US dollars a token.
    package static let dollarsPerToken = 0...1e6
    /// Unix milliseconds of the years 1970 to 9999.
    package static let unixMilliseconds: ClosedRange<Int64> = 0...253_402_300_799_999
    /// Microseconds of a length of time: a hundred years.
    package static let microseconds: ClosedRange<Int64> = 0...3_155_760_000_000_000
    /// Seconds of a length of time: a hundred years.
    package static let seconds = 0...3_155_760_000.0

    /// The number where it is a count; nil where it is not one that can be believed.
    package static func count(_ value: Int?) -> Int? {
        value.flatMap { counts.contains($0) ? $0 : nil }
    }

    /// The number where it is an amount of money; nil where it is not one that can be believed.
    package static func money(_ value: Double?) -> Double? {
        value.flatMap { dollars.contains($0) ? $0 : nil }
    }

    /// A number of seconds, a hundred years at most; nothing for a number below zero, and for what is no number.
    package static func duration(seconds: Double) -> Duration { .seconds(seconds.clamped(to: self.seconds)) }

    /// The milliseconds of a time in Unix seconds, within the years 1970 to 9999.
    package static func unixMilliseconds(seconds: Double) -> Int64 {
        Int64((seconds * 1000).clamped(to: 0...Double(unixMilliseconds.upperBound)))
    }
}

extension Comparable {
    /// The nearest value within the bounds; the lower bound for what is no number.
    package func clamped(to bounds: ClosedRange<Self>) -> Self {
        self >= bounds.lowerBound ? min(self, bounds.upperBound) : bounds.lowerBound
    }
}

extension FixedWidthInteger {
    /// The sum, or the end of the range that it would pass.
    package func addingClamped(_ other: Self) -> Self {
        let (sum, isOver) = addingReportingOverflow(other)
        return isOver ? (other < 0 ? .min : .max) : sum
    }
}

extension Duration {
    /// The duration in seconds.
    package var seconds: Double { self / .seconds(1) }
}
