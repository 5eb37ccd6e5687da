/// A provider and a model: jobs of one lane share limits, and the queue hands them out in their order.
package struct Lane: Sendable, Hashable {
    package var provider: String
    package var model: String

    package init(provider: String, model: String) {
        self.provider = provider
        self.model = model
    }

    /// As a job line names it.
    package var name: String { "\(provider)/\(model)" }
}
