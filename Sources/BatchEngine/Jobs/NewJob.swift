/// A job as a line of input gives it, ready to be stored.
package struct NewJob: Sendable, Equatable {
    package var customID: String
    /// The file as the user named it.
    package var source: String
    /// From 1.
    package var line: Int
    package var provider: String
    package var model: String
    /// Lower-case hexadecimal SHA-256 of the canonical request (SPEC 3, "Identity").
    package var requestSHA256: String
    /// The request as given, JSON: what is stored and sent.
    package var request: [UInt8]
    /// The line's metadata, JSON; nil where it has none.
    package var metadata: [UInt8]?

    package init(
        customID: String, source: String, line: Int, provider: String, model: String, requestSHA256: String,
        request: [UInt8], metadata: [UInt8]?
    ) {
        self.customID = customID
        self.source = source
        self.line = line
        self.provider = provider
        self.model = model
        self.requestSHA256 = requestSHA256
        self.request = request
        self.metadata = metadata
    }
}
