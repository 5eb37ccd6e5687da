import LLMStreaming

/// A name that members of one kind of object in a job line may have.
///
/// The JSON Schema of a job line lists the same names; a test compares them.
protocol FieldName: RawRepresentable<String>, CaseIterable, Sendable {
    /// All names, in the order of the cases.
    static var names: [String] { get }
}

extension CompletionOptions.Name: FieldName {
    static let names = allCases.map(\.rawValue)
}
