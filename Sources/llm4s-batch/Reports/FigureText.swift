import BatchEngine
import Foundation
import LLMStreaming

/// Figures as people read them: durations, times, sizes and money.
enum FigureText {
    /// A duration in seconds, as people write it: `8 s`, `3 min 20 s`, `2 h 5 min`.
    static func duration(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded(.up).clamped(to: 0...1e9))
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole / 60 % 60) min"
    }

    /// A time of day as people read it, to the second: `2026-03-01 12:00:03 UTC`.
    static func time(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds.clamped(to: NumberGate.unixMilliseconds) / 1000))
            .formatted(Date.ISO8601FormatStyle()).replacing("T", with: " ").replacing("Z", with: " UTC")
    }

    /// A length of time in microseconds, as short as it is exact: `120.5 ms`, `2.31 s`.
    static func time(microseconds: Double) -> String {
        microseconds < 1e6 ? "\((microseconds / 1e3).rounded(to: 1)) ms" : "\((microseconds / 1e6).rounded(to: 2)) s"
    }

    /// How many of something there are in a second.
    static func rate(_ value: Double) -> String {
        value < 1000 ? "\(value.rounded(to: 1))" : Int(value.rounded().clamped(to: 0...1e15)).grouped
    }

    /// A part of a whole, from 0 to 1: `60 %`, and of less than a tenth with a digit more.
    static func percent(_ share: Double) -> String {
        share > 0 && share < 0.0995 ? "\((share * 100).rounded(to: 1)) %" : "\(Int((share * 100).rounded())) %"
    }

    // MARK: - Sizes

    private static let units = ["KB", "MB", "GB", "TB", "PB"]

    /// The size of a file in powers of ten, as `df -H` and disks have it: `812 bytes`, `4.2 KB`, `31 MB`.
    static func size(_ bytes: Int) -> String {
        guard bytes >= 1000 else { return bytes.counted("byte") }
        var (value, unit) = (Double(bytes) / 1000, 0)
        // What would be rounded to a thousand is one of the next.
        while value >= 999.5, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
        let digits = value < 9.95 ? "\(value.rounded(to: 1))" : "\(Int(value.rounded()))"
        return "\(digits) \(units[unit])"
    }

    // MARK: - Money

    /// How many answers, or what else the noun says, a sum of costs leaves out; nothing where it has all.
    static func unpriced(_ count: Int, _ noun: String = "answer") -> String {
        count > 0 ? " (\(count.counted(noun)) without a price)" : ""
    }

    /// What something cost: an amount of money, or `free`.
    static func cost(_ value: Double) -> String { value == 0 ? "free" : dollars(value) }

    /// An amount of money with as many digits as tell something: two of what is less than a cent.
    static func dollars(_ value: Double) -> String {
        guard value > 0, value < 0.01 else { return "$\(value.rounded(to: value < 1 ? 4 : 2))" }
        var (digits, part) = (2, value * 100)
        while part < 10, digits < 12 { (digits, part) = (digits + 1, part * 10) }
        let number = String(Int(part.rounded()))
        if number == "0" { return "less than $0.000000000001" }
        var text = String(repeating: "0", count: max(0, digits - number.count)) + number
        while text.hasSuffix("0") { text.removeLast() }
        return "$0.\(text)"
    }
}

extension String {
    /// The text with spaces behind it, so that columns stand below each other.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

extension Double {
    /// The number, rounded to this many digits behind the point.
    func rounded(to digits: Int) -> Double {
        let factor = (0..<digits).reduce(1.0) { factor, _ in factor * 10 }
        return (self * factor).rounded() / factor
    }
}
