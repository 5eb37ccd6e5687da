import NIOCore

extension TimeAmount {
    /// The time for a reader: `600 s`, `0.25 s`.
    var text: String {
        let (seconds, rest) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000)
        return rest == 0 ? "\(seconds) s" : "\(Double(nanoseconds / 1_000_000) / 1000) s"
    }
}
