/// A model and the provider that serves it.
package struct ModelName: Sendable, Hashable {
    package var provider: String
    /// The name that the provider knows it by.
    package var model: String

    package init(provider: String, model: String) {
        self.provider = provider
        self.model = model
    }
}
