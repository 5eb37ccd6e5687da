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
    ///   - name: where the jobs come from: what is stored in a file's place, and told with a fault.
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
