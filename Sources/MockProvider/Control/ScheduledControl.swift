/// A change that comes before a request of a certain number.
package struct ScheduledControl: Sendable, Hashable {
    /// How many requests are received before it.
    package let requests: Int
    package let settings: ControlSettings

    /// A change before the request that is the next after so many.
    package init(after requests: Int, _ settings: ControlSettings) {
        self.requests = requests
        self.settings = settings
    }

    /// Reads `N:SETTINGS`.
    package init(parsing text: String) throws(InvalidBehaviorOption) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let requests = Int(parts[0]), requests >= 0 else {
            throw InvalidBehaviorOption(option: text, reason: "needs the form N:SETTINGS")
        }
        self.init(after: requests, try ControlSettings(parsing: String(parts[1])))
    }
}
