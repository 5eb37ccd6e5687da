/// The lines of all files of an input, one file after the other.
struct InputLines: ~Copyable {
    private let sources: [InputSource]
    private let maximumLineBytes: Int
    /// The files as they must be; nil where they were not read before.
    private let expected: [FileSnapshot?]?
    private var reader: JobFileReader?
    /// How many bytes the files had that were read to their end.
    private(set) var bytes = 0
    /// The files that were opened, as they were then; nil for one that can be read only once.
    private(set) var snapshots: [FileSnapshot?] = []

    /// - Parameter expected: the files as they were when they were read before.
    init(_ sources: [InputSource], maximumLineBytes: Int, expected: [FileSnapshot?]? = nil) {
        self.sources = sources
        self.maximumLineBytes = maximumLineBytes
        self.expected = expected
    }

    /// The next line that is not blank; nil at the end, and in a cancelled task.
    ///
    /// - Parameter mayWait: whether to wait for the writer of a pipe; else nil comes where it would have to.
    /// - Throws: `InputError` where a file cannot be read, or is not as expected.
    mutating func next(mayWait: Bool = true) throws(InputError) -> InputLine? {
        while true {
            if let line = try reader?.next(mayWait: mayWait) { return line }
            if reader?.isWaiting ?? false { return nil }
            bytes += reader?.bytes ?? 0
            reader = nil
            let number = snapshots.count
            guard number < sources.count else { return nil }
            let opened = try JobFileReader(sources[number], maximumLineBytes: maximumLineBytes)
            if let expected, opened.snapshot != expected[number] { throw .changed(source: sources[number].title) }
            snapshots.append(opened.snapshot)
            reader = consume opened
        }
    }

    /// Where the line that `next` returned last stands.
    var position: InputPosition {
        let number = snapshots.count - 1
        return reader?.position(source: number) ?? InputPosition(source: number, line: 0)
    }

    /// The file that the line stands in.
    var source: InputSource { sources[snapshots.count - 1] }
}
