/// How many streams may be open, as users say it: a number, or as many as each endpoint turns out to answer well.
package enum StreamsSetting: Sendable, Equatable {
    case count(Int)
    case auto

    /// Reads what is typed; nil for anything but a number or `auto`.
    package init?(_ text: String) {
        if text == "auto" {
            self = .auto
        } else if let count = Int(text) {
            self = .count(count)
        } else {
            return nil
        }
    }

    /// The number; nil for `auto`.
    package var count: Int? { if case .count(let count) = self { count } else { nil } }

    /// As it is typed.
    package var text: String { count.map { "\($0)" } ?? "auto" }
}
