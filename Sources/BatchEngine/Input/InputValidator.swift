/// Reads an input whole and finds every fault of every line: the first of its two readings.
///
/// Lines that seem to repeat an id are looked up in a reading more, up to the last of them: what is kept of an id is
/// only its fingerprint.
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
            var pass = CheckPass(sources, reading, cleared: cleared)
            try pass.readAll()
            if let summary = try settle(pass.summary, pass.ids, &cleared) {
                return try addingDuplicates(of: pass.takeForeignIDs(), to: summary)
            }
        }
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
        var cleared: Set<InputPosition> = []
        while true {
            var pass = CheckPass(sources, reading, cleared: cleared)
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
        var lines = InputLines(
            sources, maximumLineBytes: reading.maximumLineBytes, expected: summary.snapshots)
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
        var lines = InputLines(sources, maximumLineBytes: reading.maximumLineBytes, expected: summary.snapshots)
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

/// One reading of all lines of an input.
private struct CheckPass: ~Copyable {
    /// How many jobs a page has at most.
    private static let pageJobs = 2000

    private let reading: InputReading
    private var lines: InputLines
    private(set) var ids: IDAssigner
    private var foreignIDs = ForeignIDs()
    private var found = InputSummary()

    init(_ sources: [InputSource], _ reading: InputReading, cleared: Set<InputPosition>) {
        self.reading = reading
        lines = InputLines(sources, maximumLineBytes: reading.maximumLineBytes)
        ids = IDAssigner(IdentitySet(fingerprint: reading.fingerprint), cleared: cleared)
    }

    /// What was found so far.
    var summary: InputSummary {
        var summary = found
        summary.bytes = lines.bytes
        summary.snapshots = lines.snapshots
        return summary
    }

    /// Checks all lines.
    mutating func readAll() throws(InputError) {
        while let line = try lines.next() { _ = check(line, makesJob: false) }
    }

    /// Checks lines until they make a page of jobs; nil at the end.
    mutating func nextPage() throws(InputError) -> [NewJob]? {
        var page: [NewJob] = []
        var bytes = 0
        while page.count < Self.pageJobs, bytes < JobFeed.batchBytes {
            guard let line = try lines.next() else { return page.isEmpty ? nil : page }
            guard let job = check(line, makesJob: true) else { continue }
            bytes += job.request.count
            page.append(job)
        }
        return page
    }

    /// The ids of lines of other shards; then none are left.
    mutating func takeForeignIDs() -> ForeignIDs {
        defer { foreignIDs = ForeignIDs() }
        return foreignIDs
    }

    private mutating func check(_ line: InputLine, makesJob: Bool) -> NewJob? {
        let position = lines.position
        do throws(LineFaults) {
            switch try reading.read(line) {
            case .foreign(let id):
                found.foreignLines += 1
                if let id { foreignIDs.add(id) }
                return nil
            case .job(let parsed):
                found.lines += 1
                return check(parsed, at: position, makesJob: makesJob)
            }
        } catch {
            found.lines += 1
            found.report.add(error, position, source: lines.source)
            // Its id is taken all the same: once the fault is repaired, the clash would show.
            if !reading.skipsInvalid, let id = error.customID { ids.assign(id, at: position) }
            return nil
        }
    }

    private mutating func check(_ parsed: ParsedLine, at position: InputPosition, makesJob: Bool) -> NewJob? {
        let hash = makesJob ? parsed.hash : nil
        guard case .free(let id) = ids.assign(parsed.customID, hash ?? parsed.hash, at: position) else { return nil }
        found.count(parsed, isEstimating: reading.isEstimating)
        return hash.map { NewJob(parsed, $0, id: id, source: lines.source.name, line: position.line) }
    }
}

/// What the check of an input found.
package struct InputSummary: Sendable {
    /// The most models that are counted apart.
    package static let maximumModels = 1000

    /// Lines without fault.
    package private(set) var jobs = 0
    /// Lines that are not blank, and not of another shard.
    package fileprivate(set) var lines = 0
    /// Lines of other shards.
    fileprivate var foreignLines = 0
    package fileprivate(set) var bytes = 0
    /// How many jobs each provider gets.
    package private(set) var jobsByProvider: [String: Int] = [:]
    /// How many jobs each model gets, of the first thousand models met.
    package private(set) var jobsByModel: [ModelName: Int] = [:]
    /// What the jobs of those models are expected to use up; empty where no estimate was asked for.
    package private(set) var work: [ModelName: WorkEstimate] = [:]
    /// All that is wrong.
    package fileprivate(set) var report = FaultReport()
    /// How much of the input the jobs are.
    package var shardJobs: ShardJobs { ShardJobs(own: jobs, others: foreignLines) }

    /// The files as they were when they were checked, in the order of the sources.
    fileprivate(set) var snapshots: [FileSnapshot?] = []
    /// Lines whose id has the fingerprint of another, but is its own.
    fileprivate(set) var cleared: Set<InputPosition> = []

    fileprivate mutating func count(_ line: ParsedLine, isEstimating: Bool) {
        jobs += 1
        jobsByProvider[line.model.provider, default: 0] += 1
        if jobsByModel[line.model] != nil || jobsByModel.count < Self.maximumModels {
            jobsByModel[line.model, default: 0] += 1
            if isEstimating { work[line.model, default: WorkEstimate()].add(line) }
        }
    }
}
