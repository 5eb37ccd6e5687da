/// One HTTP request to a provider, ready to send but for the key.
public struct ProviderRequest: Sendable, Hashable {
    /// The body, UTF-8 JSON.
    public var body: [UInt8]
    /// How many answers the stream will carry.
    public var choices: Int

    /// A request with this body.
    public init(body: [UInt8], choices: Int) {
        self.body = body
        self.choices = choices
    }
}
