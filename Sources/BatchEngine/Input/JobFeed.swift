/// The jobs of an input in batches: the second of its two readings, and the only one of standard input (SPEC 3).
///
/// The ids are those of the first reading: the same code gives them, over the same lines.
package struct JobFeed: ~Copyable {
    /// About how many bytes of lines a batch holds: lines may have megabytes.
    private static let batchBytes = 3 << 20

    private let sources: [InputSource]
    private let reading: InputReading
    private let checked: InputSummary?
    private var intake: LineIntake
    private var reader: JobFileReader?
    private var nextSource = 0
    /// What ends the intake, once the jobs before it were handed out.
    private var failure: InputError?

    /// Begins to read.
    ///
    /// - Parameter checked: what the first reading found; nil for what can be read only once. A file that is no
    ///   longer the one that was checked ends the intake.
    package init(_ sources: [InputSource], _ reading: InputReading, checked: InputSummary?) {
        self.sources = sources
        self.reading = reading
        self.checked = checked
        intake = LineIntake(reading, cleared: checked?.cleared ?? [])
    }

    /// The jobs of the next lines, at most so many; nil at the end, and in a cancelled task.
    ///
    /// They are fewer where the writer of a pipe pauses.
    /// - Throws: `InputError` where a source cannot be read, has changed since the check, or has a line with faults
    ///   (unless those are skipped). The jobs before such a line come first; after an error nothing comes.
    package mutating func next(maximum: Int) throws(InputError) -> InputBatch? {
        if let failure { throw failure }
        var batch = InputBatch()
        do throws(InputError) {
            var bytes = 0
            while batch.count < maximum, bytes < Self.batchBytes, let line = try nextLine(mayWait: batch.count == 0) {
                try take(line, into: &batch)
                if case .bytes(let content) = line { bytes += content.count }
            }
        } catch {
            failure = error
            if batch.count == 0 { throw error }
        }
        return batch.count == 0 ? nil : batch
    }

    /// Whether a job of this id was handed out, as far as the input was read.
    package func contains(_ customID: String) -> Bool { intake.contains(customID) }

    private mutating func nextLine(mayWait: Bool) throws(InputError) -> InputLine? {
        while true {
            if let line = try reader?.next(mayWait: mayWait) { return line }
            if reader?.isWaiting ?? false { return nil }
            reader = nil
            guard nextSource < sources.count else { return nil }
            let opened = try JobFileReader(sources[nextSource], maximumLineBytes: reading.maximumLineBytes)
            if let checked, opened.snapshot != checked.snapshots[nextSource] {
                throw .changed(source: sources[nextSource].title)
            }
            reader = consume opened
            nextSource += 1
        }
    }

    private mutating func take(_ line: InputLine, into batch: inout InputBatch) throws(InputError) {
        let position =
            reader?.position(source: nextSource - 1) ?? InputPosition(source: nextSource - 1, line: 0)
        try intake.take(line, at: position, of: sources[nextSource - 1], into: &batch)
    }
}
