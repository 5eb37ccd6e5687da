/// Why the width of an endpoint stands where it does.
enum WidthReason: String, Sendable, CaseIterable {
    case starting
    case growing
    case queue
    case noGain = "no_gain"
    case firstTokens = "first_tokens"
    case refusals
    case most
    case jobs

    /// The same for people.
    var words: String {
        switch self {
        case .starting: "not measured yet"
        case .growing: "more streams bring more tokens a second"
        case .queue: "requests wait in the server's queue"
        case .noGain: "more streams bring no more tokens a second"
        case .firstTokens: "first tokens come later than the target"
        case .refusals: "more streams were refused for load"
        case .most: "no more streams are allowed"
        case .jobs: "not enough jobs for more streams"
        }
    }
}
