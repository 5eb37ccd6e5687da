/// A bar of a width in characters, filled to an eighth of one.
enum ProgressBar {
    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    /// The bar; `part` from 0 to 1.
    static func text(_ part: Double, width: Int) -> String {
        let filled = Int((min(1, max(0, part)) * Double(width * 8)).rounded(.down))
        let whole = String(repeating: "█", count: filled / 8) + eighths[filled % 8]
        return whole + String(repeating: "░", count: max(0, width - whole.count))
    }
}
