import Foundation
import LLMStreaming

/// The rates of hours in which a model costs less, and when these are (`off_peak_pricing` of the table).
struct OffPeakPrice: Sendable, Equatable {
    /// Times of day, in minutes of UTC; the end is not part of it, and may lie on the next day.
    struct Window: Sendable, Equatable {
        var start: Int
        var end: Int

        /// Reads `HH:MM-HH:MM`; nil for anything else.
        init?(_ text: String) {
            let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(Self.minutes)
            guard ends.count == 2, let start = ends[0], let end = ends[1] else { return nil }
            (self.start, self.end) = (start, end)
        }

        private static func minutes(_ text: Substring) -> Int? {
            let parts = text.trimmingCharacters(in: .whitespaces).split(separator: ":").map { Int($0) }
            guard parts.count == 2, let hour = parts[0], let minute = parts[1], (0..<24).contains(hour),
                (0..<60).contains(minute)
            else { return nil }
            return hour * 60 + minute
        }

        /// Whether a time of day lies in it; one that ends where it starts is the whole day.
        func holds(_ minute: Int) -> Bool {
            start < end ? start <= minute && minute < end : minute >= start || minute < end
        }
    }

    /// Windows of certain days, 1 for Monday to 7; nil for all.
    struct Rule: Sendable, Equatable {
        var windows: [Window]
        var weekdays: Set<Int>?
    }

    var rates: [PriceKey.Kind: Double]
    var rules: [Rule]
    /// Where the days are counted.
    var timeZone: TimeZone

    init(_ json: JSONObject, rates: [PriceKey.Kind: Double]) {
        self.rates = rates
        let everyDay = Rule(windows: Self.windows(json["hours_utc"]), weekdays: nil)
        rules = [everyDay]
        for rule in json["windows"]?.array ?? [] {
            var days: Set<Int>?
            if let told = rule["weekdays"], !told.isNull { days = Set((told.array ?? []).compactMap(Self.weekday)) }
            rules.append(Rule(windows: Self.windows(rule["hours_utc"]), weekdays: days))
        }
        let zone = json["weekday_timezone"]?.string.flatMap { TimeZone(identifier: $0) }
        timeZone = zone ?? .gmt
    }

    private static func windows(_ value: JSON?) -> [Window] {
        (value?.array?.compactMap(\.string) ?? value?.string.map { [$0] } ?? []).compactMap(Window.init)
    }

    private static let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    private static func weekday(_ value: JSON) -> Int? {
        if let number = value.int { return (1...7).contains(number) ? number : nil }
        let name = value.string?.lowercased() ?? ""
        return names.firstIndex { name.hasPrefix($0) }.map { $0 + 1 }
    }

    /// Whether a time is in one of its windows.
    func holds(_ unixMilliseconds: Int64) -> Bool {
        let seconds = unixMilliseconds.clamped(to: NumberGate.unixMilliseconds) / 1000
        let offset = timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
        let day = Int((seconds + Int64(offset)) / 86_400)
        // The first of January 1970 was a Thursday.
        let weekday = (day + 3) % 7 + 1
        let minute = Int(seconds % 86_400 / 60)
        return rules.contains { rule in
            (rule.weekdays?.contains(weekday) ?? true) && rule.windows.contains { $0.holds(minute) }
        }
    }
}
