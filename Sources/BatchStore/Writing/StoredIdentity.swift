package import BatchEngine

/// Which request is stored under an id, and where it came from.
package struct StoredIdentity: Sendable, Equatable {
    package var requestSHA256: String
    package var source: String
    /// Nil where its file no longer has it.
    package var line: Int?
    /// What it was asked of.
    package var model: ModelName

    package init(requestSHA256: String, source: String, line: Int?, model: ModelName) {
        self.requestSHA256 = requestSHA256
        self.source = source
        self.line = line
        self.model = model
    }
}
