import BatchRows

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
        lines = reading.selecting(checked?.sample).lines(of: sources, expected: checked?.snapshots)
        intake = LineIntake(reading, cleared: checked?.cleared ?? [])
        if checked == nil, reading.rows?.sample != nil, let source = sources.first {
            // Nobody has counted the rows.
            failure = .rows(source: source.title, reason: "--sample-rows needs files that can be read twice")
        }
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
            while batch.count < maximum, bytes < Self.batchBytes {
                if intake.hasPending {
                    bytes += intake.makeJobs(
                        into: &batch, maximum: maximum - batch.count, maximumBytes: Self.batchBytes - bytes)
                    continue
                }
                guard let line = try lines.next(mayWait: batch.count == 0) else { break }
                switch try intake.take(line, at: lines.position, of: lines.source, into: &batch) {
                case .job: break
                case .rejected: bytes += line.heldBytes
                case .foreign:
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
    /// - Parameters:
    ///   - lines: those to read; what is left of them is for the next call.
    ///   - maximum: the most jobs.
    /// - Returns: nil where none of the lines is left, and all their jobs were returned.
    /// - Throws: the first fault (unless those are skipped). The jobs before such a line come first; after an error
    ///   nothing comes.
    package mutating func next(of lines: inout ArraySlice<[UInt8]>, maximum: Int) throws(InputError) -> InputBatch? {
        if let failure { throw failure }
        var batch = InputBatch()
        var bytes = 0
        do throws(InputError) {
            while batch.count < maximum, bytes < JobFeed.batchBytes {
                if intake.hasPending {
                    bytes += intake.makeJobs(
                        into: &batch, maximum: maximum - batch.count, maximumBytes: JobFeed.batchBytes - bytes)
                    continue
                }
                guard let line = lines.popFirst() else { break }
                count += 1
                try intake.take(
                    line.count > maximumBytes ? .oversized(line.count) : .bytes(line),
                    at: InputPosition(source: 0, line: count), of: source, into: &batch)
            }
        } catch {
            failure = error
            if batch.count == 0 { throw error }
        }
        return batch.count == 0 ? nil : batch
    }
}

/// Makes jobs of what an input has for them, each with an id that is its own in the whole input.
private struct LineIntake: Sendable {
    /// What a line comes to.
    enum Outcome {
        /// Its jobs are pending.
        case job
        /// Added to the batch as rejected.
        case rejected
        /// Of another shard.
        case foreign
    }

    private let reading: InputReading
    private var ids: IDAssigner
    /// The jobs of the last line that no batch has yet.
    private var pending: PendingSamples?

    /// - Parameter cleared: lines whose id only has the fingerprint of another.
    init(_ reading: InputReading, cleared: Set<InputPosition> = []) {
        self.reading = reading
        ids = IDAssigner(IdentitySet(fingerprint: reading.fingerprint), cleared: cleared)
    }

    /// Whether a job of this id was made.
    func contains(_ customID: String) -> Bool {
        // A job of an earlier run that made one of its line is the first sample of it.
        if ids.contains(customID) { return true }
        return reading.samples?.base(of: customID).map(ids.contains) ?? false
    }

    /// Whether jobs of the last line are still to be made.
    var hasPending: Bool { pending != nil }

    /// Adds pending jobs to a batch, at least one.
    ///
    /// - Returns: about how many bytes they have.
    mutating func makeJobs(into batch: inout InputBatch, maximum: Int, maximumBytes: Int) -> Int {
        guard let made = pending?.next(reading, maximum: maximum, maximumBytes: maximumBytes) else { return 0 }
        batch.jobs += made.jobs
        if pending?.isEmpty == true { pending = nil }
        return made.bytes
    }

    /// Takes a line, whose jobs are then pending; one with faults is added to a batch as rejected, where those are skipped.
    ///
    /// - Throws: `InputError.faults` for a line with faults.
    @discardableResult
    mutating func take(
        _ line: InputLine, at position: InputPosition, of source: InputSource, into batch: inout InputBatch
    ) throws(InputError) -> Outcome {
        var faults: LineFaults
        do throws(LineFaults) {
            guard case .job(let parsed) = try reading.read(line) else { return .foreign }
            let hash = parsed.hash
            switch ids.assign(parsed.customID, hash, at: position) {
            case .free(let id):
                let numbers = reading.sampleNumbers(of: id)
                guard !numbers.isEmpty else { return .foreign }
                pending = PendingSamples(
                    parsed, hash, id: id, numbers: numbers, at: (source.name, position.line), bytes: line.heldBytes)
                return .job
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
        return .rejected
    }
}
