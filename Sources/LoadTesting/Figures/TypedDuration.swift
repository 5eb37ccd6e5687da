extension Duration {
    /// A duration as it is typed: a number and `ms`, `s`, `m` or `h`; a bare number is seconds.
    package init?(typed text: String) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let value = Double(digits), value.isFinite, value >= 0 else { return nil }
        let unit: Double
        switch text.dropFirst(digits.count) {
        case "ms": unit = 0.001
        case "", "s": unit = 1
        case "m": unit = 60
        case "h": unit = 3600
        default: return nil
        }
        guard value * unit < 1e9 else { return nil }
        self = .microseconds(Int64((value * unit * 1e6).rounded()))
    }

    /// The duration in seconds.
    package var inSeconds: Double { self / .seconds(1) }
}
