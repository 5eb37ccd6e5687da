/// A model and the provider that serves it: a lane, whose jobs share limits and are handed out in their order.
package struct ModelName: Sendable, Hashable {
    package var provider: String
    /// The name that the provider knows it by.
    package var model: String

    package init(provider: String, model: String) {
        self.provider = provider
        self.model = model
    }

    /// As a job line names it.
    package var name: String { "\(provider)/\(model)" }
}
