/// The lines of one source, or the requests of a batch document, in bounded memory whatever its length.
struct JobFileReader: ~Copyable {
    /// The default of `--max-line-bytes`.
    static let defaultMaximumLineBytes = 16 << 20

    /// How many bytes are looked at to find what the file is.
    private static let maximumOpeningBytes = 64 << 10

    let source: InputSource
    /// The file as it was when it was opened; nil for what can be read only once.
    let snapshot: FileSnapshot?
    /// The number of the line or request that `next` returned last, from 1.
    private(set) var lineNumber = 0
    /// How many bytes were read.
    private(set) var bytes = 0

    private let maximumLineBytes: Int
    private let file: InputFile
    private var splitter: LineSplitter
    /// Set once the file proves to be a batch document; lines are then its requests.
    private var document: DocumentSplitter?
    /// The file's first bytes, as long as they do not show which of the two it is; then nil.
    private var opening: [UInt8]? = []
    private var isAtEnd = false
    /// Whether `next` returned nil because its source has nothing more to read yet.
    private(set) var isWaiting = false

    /// How long a writer is waited for before the task is asked whether it is cancelled.
    private static let patience = Duration.milliseconds(100)

    init(
        _ source: InputSource, maximumLineBytes: Int = Self.defaultMaximumLineBytes, bufferBytes: Int = 256 << 10
    ) throws(InputError) {
        let opened = try InputFile(source)
        let snapshot = try opened.snapshot()
        self.source = source
        self.snapshot = snapshot
        self.maximumLineBytes = maximumLineBytes
        file = opened
        splitter = LineSplitter(maximumLineBytes: maximumLineBytes, bufferBytes: bufferBytes)
    }

    /// Where the line that `next` returned last stands in its source.
    func position(source: Int) -> InputPosition {
        InputPosition(source: source, line: lineNumber, isRequest: document != nil)
    }

    /// The next line that is not blank, or the next request; nil at the end, and in a cancelled task.
    ///
    /// - Parameter mayWait: whether to wait for the writer of a pipe; else nil comes where it would have to.
    /// - Throws: `InputError` where the file cannot be read, and at its end where it has changed since it was opened.
    mutating func next(mayWait: Bool = true) throws(InputError) -> InputLine? {
        isWaiting = false
        while true {
            if let line = document?.nextRequest() ?? splitter.nextLine() {
                lineNumber += 1
                if !Self.isBlank(line) { return line }
            } else if isAtEnd {
                guard let line = document == nil ? splitter.lastLine() : document?.end() else { return nil }
                lineNumber += 1
                if !Self.isBlank(line) { return line }
            } else if isReady(mayWait: mayWait) {
                try refill()
            } else {
                isWaiting = true
                return nil
            }
        }
    }

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
        if document == nil {
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
        if case .isForeign(let form) = decision { throw .foreign(source: source.title, form) }
        opening = nil
        let room = max(0, splitter.buffer.count - bytes.count)
        let buffer = bytes + [UInt8](repeating: 0, count: room)
        if case .isDocument(let first) = decision {
            document = DocumentSplitter(
                maximumRequestBytes: maximumLineBytes, buffer: buffer, unread: first..<bytes.count)
        } else {
            splitter.buffer = buffer
            splitter.didRefill(bytes.count)
        }
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
