import LLMStreaming

/// The part of its providers' limits that one of several workers may spend (Contract, "Shares").
package struct WorkerShare: Sendable, Hashable {
    /// The smallest and the largest part: a millionth, and all of it.
    package static let parts = 1e-6...1.0
    /// Of a worker that has its providers' limits to itself.
    package static let whole = WorkerShare(checked: 1)

    /// Above 0, and at most 1.
    package let part: Double

    private init(checked part: Double) { self.part = part }

    /// A part; nil where it lies outside of `parts`.
    package init?(_ part: Double) {
        guard Self.parts.contains(part) else { return nil }
        self.part = part
    }

    /// The part of each of so many workers, from one to a million; nil for other numbers.
    package init?(workers: Int) {
        guard workers > 0 else { return nil }
        self.init(1 / Double(workers))
    }

    /// Reads `1/16`, `3/16` or `0.0625`; nil for anything else.
    package init?(_ text: String) {
        let numbers = text.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = numbers.allSatisfy { $0.utf8.contains { 0x30...0x39 ~= $0 } }
        guard isPlain, text.utf8.allSatisfy({ "0123456789./".utf8.contains($0) }) else { return nil }
        switch numbers.count {
        case 1:
            guard let part = Double(text) else { return nil }
            self.init(part)
        case 2:
            guard let part = JobShard.number(numbers[0]), let all = JobShard.number(numbers[1]), all > 0 else {
                return nil
            }
            self.init(Double(part) / Double(all))
        default: return nil
        }
    }

    /// As it is typed: `1/16` where it is that of one of equal workers, else the decimal fraction.
    package var text: String {
        let workers = (1 / part).rounded()
        return WorkerShare(1 / workers) == self ? "1/\(Int(workers))" : decimal
    }

    /// The part without an exponent, which is not typed.
    private var decimal: String {
        let parts = "\(part)".split(separator: "e-")
        guard parts.count == 2, let exponent = Int(parts[1]) else { return "\(part)" }
        let digits = parts[0].hasSuffix(".0") ? parts[0].dropLast(2) : parts[0]
        return "0." + String(repeating: "0", count: exponent - 1) + digits.filter { $0 != "." }
    }
}
