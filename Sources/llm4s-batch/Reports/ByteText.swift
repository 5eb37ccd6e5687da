/// Sizes of files as people read them, in powers of ten as `df -H` and disks have it.
enum ByteText {
    private static let units = ["KB", "MB", "GB", "TB", "PB"]

    /// `812 bytes`, `4.2 KB`, `31 MB`.
    static func text(_ bytes: Int) -> String {
        guard bytes >= 1000 else { return InputReport.plural(bytes, "byte") }
        var (value, unit) = (Double(bytes) / 1000, 0)
        // What would be rounded to a thousand is one of the next.
        while value >= 999.5, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
        let digits = value < 9.95 ? "\(value.rounded(to: 1))" : "\(Int(value.rounded()))"
        return "\(digits) \(units[unit])"
    }
}
