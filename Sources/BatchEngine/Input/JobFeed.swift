/// The jobs of an input in batches: the second of its two readings, and the only one of standard input.
///
/// The ids are those of the first reading: the same code gives them, over the same lines.
package struct JobFeed: ~Copyable {
    /// About how many bytes of lines a batch holds: lines may have megabytes.
    static let batchBytes = 3 << 20

    private var lines: InputLines
    private var intake: LineIntake
    /// What ends the intake, once the jobs before it were handed out.
    private var failure: InputError?

    /// Begins to read.
    ///
    /// - Parameter checked: what the first reading found; nil for what can be read only once. A file that is no
    ///   longer the one that was checked ends the intake.
    package init(_ sources: [InputSource], _ reading: InputReading, checked: InputSummary?) {
        lines = InputLines(
            sources, maximumLineBytes: reading.maximumLineBytes, expected: checked?.snapshots)
        intake = LineIntake(reading, cleared: checked?.cleared ?? [])
    }

    /// The jobs of the next lines, `maximum` at most; nil at the end, and in a cancelled task.
    ///
    /// They are fewer where the writer of a pipe pauses, and where lines are long.
    /// - Throws: `InputError` where a source cannot be read, has changed since the check, or has a line with faults
    ///   (unless those are skipped). The jobs before such a line come first; after an error nothing comes.
    package mutating func next(maximum: Int) throws(InputError) -> InputBatch? {
        if let failure { throw failure }
        var batch = InputBatch()
        do throws(InputError) {
            var bytes = 0
            var foreign = 0
            while batch.count < maximum, bytes < Self.batchBytes, let line = try lines.next(mayWait: batch.count == 0) {
                if try intake.take(line, at: lines.position, of: lines.source, into: &batch) {
                    if case .bytes(let content) = line { bytes += content.count }
                } else {
                    // Of a file with millions of lines the next of this shard may be far away.
                    foreign += 1
                    if foreign % 4096 == 0, Task.isCancelled { return nil }
                }
            }
        } catch {
            failure = error
            if batch.count == 0 { throw error }
        }
        return batch.count == 0 ? nil : batch
    }

    /// Whether a job of this id was handed out, as far as the input was read.
    package func contains(_ customID: String) -> Bool { intake.contains(customID) }
}

/// Jobs from lines that no file holds: a program makes them, and each is read once.
package struct LineFeed: Sendable {
    private let source: InputSource
    private let maximumBytes: Int
    private var intake: LineIntake
    private var count = 0
    /// What ends the intake, once the jobs before it were handed out.
    private var failure: InputError?

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - name: where the jobs come from: stored in a file's place, and named in a fault.
    ///   - reading: how lines are read.
    package init(_ name: String, _ reading: InputReading) {
        source = .file(name)
        maximumBytes = reading.maximumLineBytes
        intake = LineIntake(reading)
    }

    /// The jobs of the next lines.
    ///
    /// - Throws: the first fault (unless those are skipped). The jobs before such a line come first; after an error
    ///   nothing comes.
    package mutating func next(_ lines: [[UInt8]]) throws(InputError) -> InputBatch {
        if let failure { throw failure }
        var batch = InputBatch()
        do throws(InputError) {
            for line in lines {
                count += 1
                try intake.take(
                    line.count > maximumBytes ? .oversized(line.count) : .bytes(line),
                    at: InputPosition(source: 0, line: count), of: source, into: &batch)
            }
        } catch {
            failure = error
            if batch.count == 0 { throw error }
        }
        return batch
    }

    /// Whether the feed has ended by a fault, which the next call throws.
    package var isEnded: Bool { failure != nil }
}

/// Makes jobs of what an input has for them, each with an id that is its own in the whole input.
private struct LineIntake: Sendable {
    private let reading: InputReading
    private var ids: IDAssigner

    /// - Parameter cleared: lines whose id only has the fingerprint of another.
    init(_ reading: InputReading, cleared: Set<InputPosition> = []) {
        self.reading = reading
        ids = IDAssigner(IdentitySet(fingerprint: reading.fingerprint), cleared: cleared)
    }

    /// Whether a job of this id was made.
    func contains(_ customID: String) -> Bool { ids.contains(customID) }

    /// Adds the job of a line to a batch; a line with faults is added as rejected, where those are skipped.
    ///
    /// - Returns: whether anything was added: nothing is of another shard's line.
    /// - Throws: `InputError.faults` for a line with faults.
    @discardableResult
    mutating func take(
        _ line: InputLine, at position: InputPosition, of source: InputSource, into batch: inout InputBatch
    ) throws(InputError) -> Bool {
        var faults: LineFaults
        do throws(LineFaults) {
            guard case .job(let parsed) = try reading.read(line) else { return false }
            let hash = parsed.hash
            switch ids.assign(parsed.customID, hash, at: position) {
            case .free(let id):
                batch.jobs.append(NewJob(parsed, hash, id: id, source: source.name, line: position.line))
                return true
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
        return true
    }
}
