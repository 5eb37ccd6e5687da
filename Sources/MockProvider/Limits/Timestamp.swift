/// A calendar time in UTC, for headers.
struct Timestamp {
    private let year: Int
    private let month: Int
    private let day: Int
    private let weekday: Int
    private let secondOfDay: Int

    /// - Parameter unixTime: Seconds since 1970; a fraction is dropped.
    init(unixTime: Double) {
        let seconds = Int(unixTime.rounded(.down))
        let days = seconds / 86_400
        secondOfDay = seconds % 86_400
        // The first day of 1970 was a Thursday.
        weekday = (days + 4) % 7
        // Howard Hinnant's civil_from_days: years begin in March, so that the leap day is the last one.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// As in `Wed, 21 Oct 2026 07:28:00 GMT`.
    var httpDate: String {
        let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(weekdays[weekday]), \(two(day)) \(months[month - 1]) \(year) \(clock) GMT"
    }

    /// As in `2026-10-21T07:28:00Z`.
    var rfc3339: String { "\(year)-\(two(month))-\(two(day))T\(clock)Z" }

    private var clock: String {
        "\(two(secondOfDay / 3_600)):\(two(secondOfDay / 60 % 60)):\(two(secondOfDay % 60))"
    }

    private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
