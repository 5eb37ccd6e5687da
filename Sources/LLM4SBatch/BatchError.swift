public import Foundation

/// Why a batch cannot be run, or not to its end; a job that fails is no error of its batch.
///
/// ```swift
/// do {
///     let report = try await BatchRunner(database: "answers.db").run(["jobs.jsonl"])
///     print(report.completed)
/// } catch {
///     print(error.kind == .input ? "mend the file: \(error)" : "\(error)")
/// }
/// ```
public struct BatchError: Error, Sendable, CustomStringConvertible, LocalizedError {
    /// What is wrong.
    public enum Kind: Sendable, Hashable {
        /// The jobs: of files nothing was sent; of jobs from memory those before the fault were run, and are stored.
        case input
        /// A provider's key or URL, the model, or an option: of files nothing was sent.
        case configuration
        /// The database: what was counted is stored, and the same call goes on from there.
        case database
        /// What a run was told while it goes on: it is as it was; or no run is under way.
        case control
    }

    /// What is wrong.
    public var kind: Kind
    /// What happened, to what, and what can be done.
    public var description: String

    /// The same: `description`.
    public var errorDescription: String? { description }

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// The same with the options by these names.
    func naming(_ names: OptionNames) -> BatchError { BatchError(kind, names.naming(description)) }
}
