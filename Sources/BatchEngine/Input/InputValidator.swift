/// Reads an input whole and finds every fault of every line: the first of its two readings (SPEC 3).
package struct InputValidator: Sendable {
    private let sources: [InputSource]
    private let reading: InputReading

    package init(_ sources: [InputSource], _ reading: InputReading) {
        self.sources = sources
        self.reading = reading
    }

    /// Checks all lines.
    ///
    /// - Throws: `InputError` where a source cannot be read or changes meanwhile; faults of lines are in the result.
    package func validate() throws(InputError) -> InputSummary {
        var cleared: Set<InputPosition> = []
        while true {
            var (summary, claims) = try readAll(cleared)
            let duplicates = claims.suspects.isEmpty ? [] : try secondLook(claims.suspects, summary)
            guard duplicates.count == claims.suspects.count else {
                // Fingerprints that collide by chance: these lines are cleared, and all is counted anew.
                let confirmed = Set(duplicates.map(\.suspect.position))
                cleared.formUnion(claims.suspects.map(\.position).filter { !confirmed.contains($0) })
                continue
            }
            for (suspect, firstUse) in duplicates { summary.report.add(fault(suspect, firstUse)) }
            // The suspects beyond those kept are no longer looked at, once a thousand proved true: a fingerprint of
            // 95 bits is shared by chance once in 10^17 inputs of a million lines.
            summary.report.addUntold(claims.suspectCount - claims.suspects.count)
            summary.cleared = cleared
            return summary
        }
    }

    private func readAll(_ cleared: Set<InputPosition>) throws(InputError) -> (InputSummary, IdentityClaims) {
        var summary = InputSummary()
        var claims = IdentityClaims(IdentitySet(fingerprint: reading.fingerprint), cleared: cleared)
        for (index, source) in sources.enumerated() {
            var reader = try JobFileReader(source, maximumLineBytes: reading.maximumLineBytes)
            summary.snapshots.append(reader.snapshot)
            while let line = try reader.next() {
                let position = reader.position(source: index)
                summary.lines += 1
                do throws(LineFaults) {
                    let parsed = try reading.parse(line)
                    if case .free = claims.claim(parsed.customID, parsed.hash, at: position) {
                        summary.count(parsed, isEstimating: reading.isEstimating)
                    }
                } catch {
                    summary.report.add(error, position, source: source)
                    // Its id is taken all the same: once the fault is mended, the clash would show.
                    if !reading.skipsInvalid, let id = error.customID { claims.claim(id, at: position) }
                }
            }
            summary.bytes += reader.bytes
        }
        return (summary, claims)
    }

    // MARK: - Second look

    private func secondLook(
        _ suspects: [IdentityClaims.Suspect], _ summary: InputSummary
    ) throws(InputError) -> [(suspect: IdentityClaims.Suspect, firstUse: InputPosition?)] {
        // What can be read only once gets no second look.
        guard !summary.snapshots.contains(nil) else { return suspects.map { ($0, nil) } }
        var search = DuplicateSearch(suspects)
        let last = suspects.map(\.position).max()
        for (index, source) in sources.enumerated() {
            var reader = try JobFileReader(source, maximumLineBytes: reading.maximumLineBytes)
            if reader.snapshot != summary.snapshots[index] { throw .changed(source: source.title) }
            while let line = try reader.next() {
                let position = reader.position(source: index)
                if let last, position > last { break }
                do throws(LineFaults) {
                    let parsed = try reading.parse(line)
                    if let id = parsed.customID {
                        search.add(id, at: position)
                    } else {
                        search.add(derivedFrom: parsed.hash, at: position)
                    }
                } catch {
                    if !reading.skipsInvalid, let id = error.customID { search.add(id, at: position) }
                }
            }
        }
        return search.duplicates.map { ($0.suspect, $0.firstUse) }
    }

    private func fault(_ suspect: IdentityClaims.Suspect, _ firstUse: InputPosition?) -> FaultReport.Fault {
        let source = sources[suspect.position.source]
        var reason = "duplicate id \(suspect.id.quotedName)"
        if let firstUse {
            let isSameSource = firstUse.source == suspect.position.source
            let place = isSameSource ? firstUse.place : firstUse.place(in: sources[firstUse.source].name)
            reason += "; \(place) has it already"
        }
        return FaultReport.Fault(suspect.position, source: source, reason: reason)
    }
}
