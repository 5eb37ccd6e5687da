/// A row of numbers as blocks of their heights, the greatest a whole one.
enum Sparkline {
    private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// One character a number; nothing above zero is the lowest block, and zero is a space.
    static func text(_ values: [Int]) -> String {
        let most = values.max() ?? 0
        return String(
            values.map { value in
                value > 0 ? blocks[min(7, (value * 8 - 1) / most)] : " "
            })
    }
}
