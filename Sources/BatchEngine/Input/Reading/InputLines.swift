import BatchRows

/// The lines of all files of an input, one file after the other.
struct InputLines: ~Copyable {
    private let sources: [InputSource]
    private let maximumLineBytes: Int
    /// What makes the lines of rows; nil where the files have job lines.
    private let rows: RowInput?
    /// What is wrong with each of the rows alike.
    private let templateFault: InputError?
    /// The files as they must be; nil where they were not read before.
    private let expected: [FileSnapshot?]?
    private var reader: JobFileReader?
    /// How many bytes the files had that were read to their end.
    private(set) var bytes = 0
    /// How many rows they had.
    private(set) var rowCount = 0
    /// Which of the rows behind them are taken; nil before the first file has ended.
    private var selection: RowSelection?
    /// The files that were opened, as they were then; nil for one that can be read only once.
    private(set) var snapshots: [FileSnapshot?] = []

    /// - Parameters:
    ///   - rows: what makes the lines of rows; nil where the files have job lines.
    ///   - templateFault: what is wrong with each of the rows alike: told in place of the first line.
    ///   - expected: the files as they were when they were read before.
    init(
        _ sources: [InputSource], maximumLineBytes: Int, rows: RowInput? = nil, templateFault: InputError? = nil,
        expected: [FileSnapshot?]? = nil
    ) {
        self.sources = sources
        self.maximumLineBytes = maximumLineBytes
        self.rows = rows
        self.templateFault = templateFault
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
            if let ended = reader?.rowsSoFar { (selection, rowCount) = (ended.selection, ended.count) }
            reader = nil
            let number = snapshots.count
            guard number < sources.count else { return nil }
            reader = try opened(number)
        }
    }

    /// Opens the file of a number.
    private mutating func opened(_ number: Int) throws(InputError) -> JobFileReader {
        if let templateFault { throw templateFault }
        let source = sources[number]
        let converter = try rows?.converter(
            of: source, maximumRowBytes: maximumLineBytes, after: selection, rowCount: rowCount)
        let opened = try JobFileReader(source, maximumLineBytes: maximumLineBytes, rows: converter)
        if let expected, opened.snapshot != expected[number] { throw .changed(source: source.title) }
        if opened.snapshot == nil, rows?.isCounting == true {
            throw .rows(source: source.title, reason: "--sample-rows needs files that can be read twice")
        }
        snapshots.append(opened.snapshot)
        return opened
    }

    /// Where the line that `next` returned last stands.
    var position: InputPosition {
        let number = snapshots.count - 1
        return reader?.position(source: number) ?? InputPosition(source: number, line: 0)
    }

    /// The file that the line stands in.
    var source: InputSource { sources[snapshots.count - 1] }
}
