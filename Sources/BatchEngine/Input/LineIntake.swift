/// Makes jobs of what an input has for them, each with an id that is its own in the whole input.
struct LineIntake: Sendable {
    private let reading: InputReading
    private var claims: IdentityClaims

    /// - Parameter cleared: lines whose id only has the fingerprint of another.
    init(_ reading: InputReading, cleared: Set<InputPosition> = []) {
        self.reading = reading
        claims = IdentityClaims(IdentitySet(fingerprint: reading.fingerprint), cleared: cleared)
    }

    /// Whether a job of this id was made.
    func contains(_ customID: String) -> Bool { claims.contains(customID) }

    /// Adds the job of a line to a batch; a line with faults is added as rejected, where those are skipped.
    ///
    /// - Throws: `InputError.faults` for a line with faults.
    mutating func take(
        _ line: InputLine, at position: InputPosition, of source: InputSource, into batch: inout InputBatch
    ) throws(InputError) {
        var faults: LineFaults
        do throws(LineFaults) {
            let parsed = try reading.parse(line)
            let hash = parsed.hash
            switch claims.claim(parsed.customID, hash, at: position) {
            case .free(let id):
                batch.jobs.append(NewJob(parsed, hash, id: id, source: source.name, line: position.line))
                return
            case .taken(let id):
                faults = LineFaults()
                faults.add("duplicate id \(id.quotedName)")
            }
        } catch {
            faults = error
        }
        guard reading.skipsInvalid else {
            var report = FaultReport()
            report.add(faults, position, source: source)
            throw .faults(report)
        }
        batch.rejectedLines.append(RejectedLine(line, faults, source: source.name, number: position.line))
    }
}

extension NewJob {
    fileprivate init(_ line: ParsedLine, _ hash: RequestHash, id: String, source: String, line number: Int) {
        self.init(
            customID: id, source: source, line: number, provider: line.model.provider, model: line.model.model,
            requestSHA256: hash.hexadecimal, request: line.request, metadata: line.metadata)
    }
}

extension RejectedLine {
    fileprivate init(_ line: InputLine, _ faults: LineFaults, source: String, number: Int) {
        self.init(source: source, line: number, reason: faults.summary)
        if case .bytes(let bytes) = line { text = String(decoding: bytes, as: UTF8.self) }
    }
}
