/// A job as a line of input gives it, ready to be stored.
package struct NewJob: Sendable, Equatable {
    package var customID: String
    /// The file as the user named it.
    package var source: String
    /// From 1.
    package var line: Int
    package var provider: String
    package var model: String
    /// Lower-case hexadecimal SHA-256 of the canonical request, as `RequestHash` gives it.
    package var requestSHA256: String
    /// The request as given, JSON: what is stored and sent.
    package var request: [UInt8]
    /// The line's metadata, JSON; nil where it has none.
    package var metadata: [UInt8]?
    /// What its line says a right answer is, JSON; nil where it says nothing.
    package var check: [UInt8]?
    /// Which sample of its line it is, from 1; nil where the line is one job.
    package var sample: Int?

    package init(
        customID: String, source: String, line: Int, provider: String, model: String, requestSHA256: String,
        request: [UInt8], metadata: [UInt8]?, sample: Int? = nil
    ) {
        self.customID = customID
        self.source = source
        self.line = line
        self.provider = provider
        self.model = model
        self.requestSHA256 = requestSHA256
        self.request = request
        self.metadata = metadata
        self.sample = sample
    }

    /// The job of a line without fault.
    init(_ line: ParsedLine, _ hash: RequestHash, id: String, source: String, line number: Int) {
        self.init(
            customID: id, source: source, line: number, provider: line.model.provider, model: line.model.model,
            requestSHA256: hash.hexadecimal, request: line.request, metadata: line.metadata)
        check = line.check
    }
}

/// A line that `--skip-invalid` leaves out, as the table `rejected_lines` keeps it.
package struct RejectedLine: Sendable, Equatable {
    package var source: String
    /// From 1.
    package var line: Int
    /// All its faults.
    package var reason: String
    /// The line itself, with U+FFFD for what is not UTF-8; nil where it was too long to be read.
    package var text: String?

    package init(source: String, line: Int, reason: String, text: String? = nil) {
        self.source = source
        self.line = line
        self.reason = reason
        self.text = text
    }

    init(_ line: InputLine, _ faults: LineFaults, source: String, number: Int) {
        self.init(source: source, line: number, reason: faults.summary)
        if case .bytes(let bytes) = line { text = String(decoding: bytes, as: UTF8.self) }
    }
}

/// What one step of reading an input gives.
package struct InputBatch: Sendable {
    package internal(set) var jobs: [NewJob] = []
    /// Lines with faults; only with `--skip-invalid`.
    package internal(set) var rejectedLines: [RejectedLine] = []

    /// How many lines it holds.
    package var count: Int { jobs.count + rejectedLines.count }
}
