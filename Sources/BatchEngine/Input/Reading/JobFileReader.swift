import BatchRows

/// The lines of one source, or the requests of a batch document, or what its rows become, in bounded memory whatever its
/// length.
struct JobFileReader: ~Copyable {
    /// The default of `--max-line-bytes`.
    static let defaultMaximumLineBytes = 16 << 20

    /// How many bytes are looked at to find what the file is.
    private static let maximumOpeningBytes = 64 << 10

    let source: InputSource
    /// The file as it was when it was opened; nil for what can be read only once.
    let snapshot: FileSnapshot?
    /// The number of the line or request that `next` returned last, from 1; of a row that of its first line.
    private(set) var lineNumber = 0
    /// How many bytes were read.
    private(set) var bytes = 0

    private let maximumLineBytes: Int
    private let file: InputFile
    private var splitter: LineSplitter
    /// Set once the file proves to be a batch document; lines are then its requests.
    private var document: DocumentSplitter?
    /// What makes job lines of rows; nil where the source has job lines.
    private var rows: RowConverter?
    /// The file's first bytes, as long as they do not show which of the two it is; then nil.
    private var opening: [UInt8]? = []
    private var isAtEnd = false
    /// Whether `next` returned nil because its source has nothing more to read yet.
    private(set) var isWaiting = false

    /// How long a writer is waited for before the task is asked whether it is cancelled.
    private static let patience = Duration.milliseconds(100)

    init(
        _ source: InputSource, maximumLineBytes: Int = Self.defaultMaximumLineBytes, bufferBytes: Int = 256 << 10,
        rows: RowConverter? = nil
    ) throws(InputError) {
        let opened = try InputFile(source)
        let snapshot = try opened.snapshot()
        self.source = source
        self.snapshot = snapshot
        self.maximumLineBytes = maximumLineBytes
        self.rows = rows
        file = opened
        let isTable = rows?.takesBytes == true
        splitter = LineSplitter(maximumLineBytes: maximumLineBytes, bufferBytes: isTable ? 0 : bufferBytes)
    }

    /// How many rows there were so far, those of the files before included, and which of those behind are taken; nil where
    /// the source has job lines.
    var rowsSoFar: (selection: RowSelection, count: Int)? { rows.map { ($0.selectionSoFar, $0.rowCount) } }

    /// Where the line that `next` returned last stands in its source.
    func position(source: Int) -> InputPosition {
        InputPosition(source: source, line: lineNumber, isRequest: document != nil)
    }

    /// The next line that is not blank, the next request, or what the next row that is taken becomes; nil at the end, and
    /// in a cancelled task.
    ///
    /// - Parameter mayWait: whether to wait for the writer of a pipe; else nil comes where it would have to.
    /// - Throws: `InputError` where the file cannot be read, at its end where it has changed since it was opened, and where
    ///   none of its rows can be used.
    mutating func next(mayWait: Bool = true) throws(InputError) -> InputLine? {
        isWaiting = false
        // Where no further row is taken, the rest need not be read.
        while rows?.isComplete != true {
            if rows?.takesBytes == true {
                if let outcome = rows?.next() { return try made(outcome) }
                if isAtEnd {
                    guard let outcome = rows?.last() else { return nil }
                    return try made(outcome)
                }
            } else if let line = document?.nextRequest() ?? splitter.nextLine() {
                lineNumber += 1
                if let line = try taken(line) { return line }
                continue
            } else if isAtEnd {
                guard let line = document == nil ? splitter.lastLine() : document?.end() else { return nil }
                lineNumber += 1
                if let line = try taken(line) { return line }
                continue
            }
            guard isReady(mayWait: mayWait) else {
                isWaiting = true
                return nil
            }
            try refill()
        }
        return nil
    }

    // MARK: - Rows

    /// What is read in place of a line of text: nothing where it is blank, or a row that is not taken.
    private mutating func taken(_ text: InputLine) throws(InputError) -> InputLine? {
        if Self.isBlank(text) { return nil }
        guard rows != nil else { return text }
        let outcome: RowConverter.Outcome?
        switch text {
        case .bytes(let bytes): outcome = rows?.convert(bytes, at: lineNumber)
        case .oversized: outcome = rows?.convertOversized(at: lineNumber)
        case .broken: return text
        }
        guard let outcome else { return nil }
        return try made(outcome)
    }

    /// What a row comes to, as a line.
    private mutating func made(_ outcome: RowConverter.Outcome) throws(InputError) -> InputLine {
        lineNumber = rows?.line ?? lineNumber
        switch outcome {
        case .jobLine(let bytes): return .bytes(bytes)
        case .fault(let fault): return .broken(fault.reason)
        case .unusable(let reason): throw .rows(source: source.title, reason: reason)
        }
    }

    // MARK: - Bytes

    /// Whether the source can be read now, after a wait for its writer where that is wanted.
    private func isReady(mayWait: Bool) -> Bool {
        // A file is always ready.
        guard snapshot == nil else { return true }
        guard mayWait else { return !file.mustWait() }
        while file.mustWait(Self.patience) {
            if Task.isCancelled { return false }
        }
        return true
    }

    private mutating func refill() throws(InputError) {
        let count: Int
        if rows?.takesBytes == true {
            count = try file.read(into: &rows!.buffer)
            if opening == nil { rows?.didRefill(count) } else { try openTable(count) }
        } else if document == nil {
            count = try file.read(into: &splitter.buffer)
            if opening == nil { splitter.didRefill(count) } else { try open(count) }
        } else {
            count = try file.read(into: &document!.buffer)
            document?.didRefill(count)
        }
        bytes += count
        guard count == 0 else { return }
        isAtEnd = true
        if try file.snapshot() != snapshot { throw .changed(source: source.title) }
    }

    /// Collects the file's first bytes, which lie in the line splitter's buffer, until they show what it is.
    private mutating func open(_ count: Int) throws(InputError) {
        let bytes = (opening ?? []) + splitter.buffer[..<count]
        let isAll = count == 0 || bytes.count > Self.maximumOpeningBytes
        let decision = FileOpening(bytes, isAll: isAll, isPiped: snapshot == nil)
        if !isAll, decision == .undecided {
            opening = bytes
            return
        }
        if case .isForeign(let form) = decision { throw .foreign(source: source.title, form.inPlace(of: rows?.form)) }
        opening = nil
        let room = max(0, splitter.buffer.count - bytes.count)
        let buffer = bytes + [UInt8](repeating: 0, count: room)
        // A row may have a member of that name.
        if case .isDocument(let first) = decision, rows == nil {
            document = DocumentSplitter(
                maximumRequestBytes: maximumLineBytes, buffer: buffer, unread: first..<bytes.count)
        } else {
            splitter.buffer = buffer
            splitter.didRefill(bytes.count)
        }
    }

    /// Collects a table's first bytes, which lie in the buffer of its rows, until they show whether it is one.
    private mutating func openTable(_ count: Int) throws(InputError) {
        let bytes = (opening ?? []) + rows!.buffer[..<count]
        if count > 0, bytes.count <= Self.maximumOpeningBytes, ForeignForm.mayBeSignedTable(bytes) {
            opening = bytes
            return
        }
        if let form = ForeignForm.signedTable(bytes) {
            throw .foreign(source: source.title, form.inPlace(of: rows?.form))
        }
        opening = nil
        let room = max(0, rows!.buffer.count - bytes.count)
        rows?.buffer = bytes + [UInt8](repeating: 0, count: room)
        rows?.didRefill(bytes.count)
    }

    private static func isBlank(_ line: InputLine) -> Bool {
        guard case .bytes(let bytes) = line else { return false }
        return bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    }
}

/// A line of an input of one or more files, or a request of a batch document among them.
struct InputPosition: Sendable, Hashable, Comparable {
    /// The number of the source in the order of the arguments, from 0.
    var source: Int
    /// From 1: of the line, or of the request within the document.
    var line: Int
    /// Whether the source is a document, whose requests may all stand on one line.
    var isRequest = false

    static func < (left: Self, right: Self) -> Bool { (left.source, left.line) < (right.source, right.line) }

    /// The place within its source, for messages.
    var place: String { isRequest ? "request \(line)" : "line \(line)" }

    /// The place behind the name of its source.
    func place(in source: String) -> String { isRequest ? "\(source): \(place)" : "\(source):\(line)" }
}
