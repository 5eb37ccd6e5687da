/// A date and time of the Gregorian calendar in UTC.
struct CivilTime {
    var year: Int
    /// From 1 to 12.
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Double

    /// The seconds since 1970-01-01.
    var unixSeconds: Double { Double(days * 86_400 + hour * 3600 + minute * 60) + second }

    /// Days since 1970-01-01, by counting years from March.
    private var days: Int {
        let shifted = month <= 2 ? year - 1 : year
        let yearOfEra = shifted % 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return shifted / 400 * 146_097 + dayOfEra - 719_468
    }
}
