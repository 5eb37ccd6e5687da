/// One reading of all lines of an input.
struct CheckPass: ~Copyable {
    /// How many jobs a page has at most.
    private static let pageJobs = 2000

    private let reading: InputReading
    /// Called with each job line of the shard before it is checked.
    private let show: ((_ line: [UInt8]) -> Void)?
    private var lines: InputLines
    /// The jobs of the last line that no page has yet.
    private var pending: PendingSamples?
    private(set) var ids: IDAssigner
    private var foreignIDs = ForeignIDs()
    private var found = InputSummary()

    /// - Parameters:
    ///   - expected: the files as they were when a sample was drawn; nil where none was.
    ///   - cleared: lines whose id only has the fingerprint of another.
    init(
        _ sources: [InputSource], _ reading: InputReading, expected: [FileSnapshot?]?, cleared: Set<InputPosition>,
        show: ((_ line: [UInt8]) -> Void)? = nil
    ) {
        self.reading = reading
        self.show = show
        lines = reading.lines(of: sources, expected: expected)
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
        while let line = try lines.next() { check(line, isMakingJobs: false) }
    }

    /// Checks lines until they make a page of jobs; nil at the end.
    mutating func nextPage() throws(InputError) -> [NewJob]? {
        var page: [NewJob] = []
        var bytes = 0
        while page.count < Self.pageJobs, bytes < JobFeed.batchBytes {
            if let made = pending?.next(
                reading, maximum: Self.pageJobs - page.count, maximumBytes: JobFeed.batchBytes - bytes)
            {
                page += made.jobs
                bytes += made.bytes
                if pending?.isEmpty == true { pending = nil }
                continue
            }
            guard let line = try lines.next() else { return page.isEmpty ? nil : page }
            check(line, isMakingJobs: true)
        }
        return page
    }

    /// The ids of lines of other shards; then none are left.
    mutating func takeForeignIDs() -> ForeignIDs {
        defer { foreignIDs = ForeignIDs() }
        return foreignIDs
    }

    /// Checks a line.
    ///
    /// - Parameter isMakingJobs: whether its jobs are then pending.
    private mutating func check(_ line: InputLine, isMakingJobs: Bool) {
        let position = lines.position
        do throws(LineFaults) {
            switch try reading.read(line) {
            case .foreign(let id):
                found.foreignJobs += reading.sampleCount
                if let id { foreignIDs.add(id) }
            case .job(let parsed):
                showLine(line)
                found.lines += 1
                check(parsed, at: position, bytes: isMakingJobs ? line.heldBytes : nil)
            }
        } catch {
            showLine(line)
            found.lines += 1
            found.report.add(error, position, source: lines.source)
            // Its id is taken all the same: once the fault is repaired, the clash would show.
            if !reading.skipsInvalid, let id = error.customID { ids.assign(id, at: position) }
        }
    }

    private func showLine(_ line: InputLine) {
        if let show, case .bytes(let bytes) = line { show(bytes) }
    }

    /// Checks a line without fault.
    ///
    /// - Parameter bytes: how many it has, where its jobs are to be made.
    private mutating func check(_ parsed: ParsedLine, at position: InputPosition, bytes: Int?) {
        let hash = bytes == nil ? nil : parsed.hash
        guard case .free(let id) = ids.assign(parsed.customID, hash ?? parsed.hash, at: position) else { return }
        let numbers = reading.sampleNumbers(of: id)
        found.foreignJobs += reading.sampleCount - numbers.count
        found.count(parsed, times: numbers.count, isEstimating: reading.isEstimating)
        guard let hash, let bytes, !numbers.isEmpty else { return }
        pending = PendingSamples(
            parsed, hash, id: id, numbers: numbers, at: (lines.source.name, position.line), bytes: bytes)
    }
}
