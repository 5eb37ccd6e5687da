/// What is wrong with the configuration of a provider or a run, with what to do about it; holds no secret.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The words for a reader.
    public var description: String

    /// An error with these words.
    public init(_ description: String) { self.description = description }
}
