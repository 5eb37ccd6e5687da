import BatchRows

/// Reads an input whole and finds every fault of every line: the first of its two readings.
///
/// Where a sample of rows is wanted, they are counted in a reading before it.
///
/// Lines that seem to repeat an id are looked up in a reading more, up to the last of them: what is kept of an id is
/// only its fingerprint.
package struct InputValidator: Sendable {
    private let sources: [InputSource]
    private var reading: InputReading
    /// The rows of a sample, and the files as they were when it was drawn; nil where none is wanted.
    private var sample: (rows: RowSelection, files: [FileSnapshot?])?

    package init(_ sources: [InputSource], _ reading: InputReading) {
        self.sources = sources
        self.reading = reading
    }

    /// Checks all lines.
    ///
    /// - Parameter show: called with each job line of the shard before it is checked.
    /// - Throws: `InputError` where a source cannot be read or changes meanwhile; faults of lines are in the result.
    package func validate(showing show: ((_ line: [UInt8]) -> Void)? = nil) throws(InputError) -> InputSummary {
        try sampled().validateAll(showing: show)
    }

    private func validateAll(showing show: ((_ line: [UInt8]) -> Void)?) throws(InputError) -> InputSummary {
        var cleared: Set<InputPosition> = []
        var show = show
        while true {
            var pass = CheckPass(sources, reading, expected: sample?.files, cleared: cleared, show: show)
            try pass.readAll()
            if let summary = try settle(pass.summary, pass.ids, &cleared) {
                return try addingDuplicates(of: pass.takeForeignIDs(), to: summary)
            }
            show = nil
        }
    }

    /// The same with the sample of rows drawn that is wanted.
    private func sampled() throws(InputError) -> InputValidator {
        var validator = self
        validator.sample = try reading.drawSample(of: sources)
        validator.reading = reading.selecting(validator.sample?.rows)
        return validator
    }

    /// Checks all lines, and hands their jobs out on the way, so that who compares them with what is stored needs no
    /// reading of his own.
    ///
    /// - Parameters:
    ///   - initial: what the caller makes of the jobs before the first came.
    ///   - take: adds the jobs of a page, in their order.
    /// - Throws: as above, and what `take` throws.
    package func validate<Result>(
        into initial: Result, _ take: (inout Result, [NewJob]) async throws -> Void
    ) async throws -> (summary: InputSummary, result: Result) {
        try await sampled().validateAll(into: initial, take)
    }

    private func validateAll<Result>(
        into initial: Result, _ take: (inout Result, [NewJob]) async throws -> Void
    ) async throws -> (summary: InputSummary, result: Result) {
        var cleared: Set<InputPosition> = []
        while true {
            var pass = CheckPass(sources, reading, expected: sample?.files, cleared: cleared)
            var result = initial
            while let page = try pass.nextPage() { try await take(&result, page) }
            if let summary = try settle(pass.summary, pass.ids, &cleared) {
                return (try addingDuplicates(of: pass.takeForeignIDs(), to: summary), result)
            }
        }
    }

    /// The summary of a pass with the duplicates that a second look confirms.
    ///
    /// - Returns: nil where fingerprints collide by chance: the lines are then cleared, and all must be read again.
    private func settle(
        _ summary: InputSummary, _ ids: IDAssigner, _ cleared: inout Set<InputPosition>
    ) throws(InputError) -> InputSummary? {
        var summary = summary
        summary.cleared = cleared
        summary.sample = sample?.rows
        let possible = ids.possibleDuplicates
        guard !possible.isEmpty else { return summary }
        let duplicates = try confirmed(possible, summary)
        guard duplicates.count == possible.count else {
            let positions = Set(duplicates.map(\.line.position))
            cleared.formUnion(possible.map(\.position).filter { !positions.contains($0) })
            return nil
        }
        for (line, firstUse) in duplicates { summary.report.add(fault(line, firstUse)) }
        // Beyond those kept none is looked up, once a thousand proved true: a fingerprint of 95 bits is shared by
        // chance once in 10^17 inputs of a million lines.
        summary.report.addUnlisted(ids.possibleDuplicateCount - possible.count)
        return summary
    }

    // MARK: - Second look

    private func confirmed(
        _ possible: [IDAssigner.PossibleDuplicate], _ summary: InputSummary
    ) throws(InputError) -> [(line: IDAssigner.PossibleDuplicate, firstUse: InputPosition?)] {
        // What can be read only once gets no second look.
        guard !summary.snapshots.contains(nil) else { return possible.map { ($0, nil) } }
        var search = DuplicateSearch(possible)
        let last = possible.map(\.position).max()
        var lines = reading.lines(of: sources, expected: summary.snapshots)
        while let line = try lines.next() {
            let position = lines.position
            if let last, position > last { break }
            do throws(LineFaults) {
                guard case .job(let parsed) = try reading.read(line) else { continue }
                if let id = parsed.customID {
                    search.add(id, at: position)
                } else {
                    search.add(derivedFrom: parsed.hash, at: position)
                }
            } catch {
                if !reading.skipsInvalid, let id = error.customID { search.add(id, at: position) }
            }
        }
        return search.duplicates.map { ($0.line, $0.firstUse) }
    }

    /// The summary with the duplicates among lines of other shards, which are faults of the input too; those of lines
    /// that may be left out are for their own shard to find.
    private func addingDuplicates(of ids: consuming ForeignIDs, to summary: InputSummary) throws(InputError)
        -> InputSummary
    {
        var summary = summary
        let repeats = ids.repeats()
        guard !repeats.listed.isEmpty, !reading.skipsInvalid, !summary.snapshots.contains(nil) else { return summary }
        var search = ForeignSearch(repeats.listed)
        var lines = reading.lines(of: sources, expected: summary.snapshots)
        while let line = try lines.next() { search.add(line, at: lines.position, reading) }
        for (line, firstUse) in search.duplicates { summary.report.add(fault(line, firstUse)) }
        summary.report.addUnlisted(repeats.unlisted)
        return summary
    }

    private func fault(_ line: IDAssigner.PossibleDuplicate, _ firstUse: InputPosition?) -> FaultReport.Fault {
        let source = sources[line.position.source]
        var reason = "duplicate id \(line.id.quotedName)"
        if let firstUse {
            let isSameSource = firstUse.source == line.position.source
            let place = isSameSource ? firstUse.place : firstUse.place(in: sources[firstUse.source].name)
            reason += "; \(place) has it already"
        }
        return FaultReport.Fault(line.position, source: source, reason: reason)
    }
}
