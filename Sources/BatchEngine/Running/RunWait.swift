/// What the jobs of a provider or model wait for, and until when.
package struct RunWait: Sendable, Hashable {
    /// What stands for the run as a whole where the name of a provider or model stands otherwise.
    package static let nameOfRun = "the run"

    /// The provider, or the model as `provider/model`.
    package var name: String
    package var reason: WaitReason
    /// Unix milliseconds; nil where it ends with something that is under way.
    package var untilMilliseconds: Int64?
    /// What refusals have left of its streams, where that is what they wait for; where it is for a free one, what silent
    /// ones take of those that the user allows.
    package var limit: StreamLimit?
    /// How many alike were not told since the last that was.
    package var untold = 0

    package init(
        name: String, reason: WaitReason, untilMilliseconds: Int64? = nil, limit: StreamLimit? = nil
    ) {
        self.limit = limit
        self.name = name
        self.reason = reason
        self.untilMilliseconds = untilMilliseconds
    }

    /// Whether another tells the same, but for a second or two.
    func isSame(as other: RunWait) -> Bool {
        name == other.name && reason == other.reason
            && abs((untilMilliseconds ?? 0) - (other.untilMilliseconds ?? 0)) < 1500
    }
}
