/// Why a batch cannot be run at all; a job that fails is no error of its batch.
///
/// ```swift
/// do {
///     let report = try await BatchRunner(database: "answers.db").run(["jobs.jsonl"])
///     print(report.completed)
/// } catch {
///     print(error.kind == .input ? "mend the file: \(error)" : "\(error)")
/// }
/// ```
public struct BatchError: Error, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Kind: Sendable, Hashable {
        /// The job files: nothing was sent.
        case input
        /// A provider's key or URL, or the model of the options: nothing was sent.
        case configuration
        /// The database: what was counted is stored, and the same call goes on from there.
        case database
    }

    /// What is wrong.
    public var kind: Kind
    /// What happened, to what, and what can be done.
    public var description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
