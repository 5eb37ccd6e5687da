package import LLMStreaming

/// What jobs of a provider or model wait for.
package enum WaitReason: Sendable, Hashable {
    /// The provider asked to wait, or refused for its rate limit or for load.
    case pause(isOverload: Bool)
    /// The first request after a pause or an outage, which shows whether others may follow.
    case probe
    /// The provider cannot be reached or fails.
    case outage
    /// A rate per minute.
    case rate(RateLimit.Resource)
    /// Streams follow each other at even distances after a pause.
    case evenPace
    /// As many streams are open as the user allows.
    case width
    /// As many streams are open as refusals have left.
    case refusals
    /// What runs may use up the rest of what the user lets it cost.
    case budget

    /// Whether it ends with its time, and not before with a stream.
    var isTimeOnly: Bool {
        switch self {
        case .rate(.requests), .evenPace: true
        // A stream may give tokens back.
        case .rate, .pause, .probe, .outage, .width, .refusals, .budget: false
        }
    }

    /// The words for progress and messages.
    package var text: String {
        switch self {
        case .pause(false): "rate limit"
        case .pause(true): "overload"
        case .probe: "a first answer"
        case .outage: "outage"
        case .rate(let resource): "\(resource.text) per minute"
        case .evenPace: "even pace"
        case .width: "a free stream"
        case .refusals: "the limit that refusals set"
        case .budget: "the rest of the budget"
        }
    }
}

extension RateLimit.Resource {
    /// The word for it.
    package var text: String {
        switch self {
        case .requests: "requests"
        case .tokens: "tokens"
        case .inputTokens: "input tokens"
        case .outputTokens: "output tokens"
        }
    }
}
