/// The lines of one source, in bounded memory whatever its length.
struct JobFileReader: ~Copyable {
    /// The default of `--max-line-bytes`.
    static let defaultMaximumLineBytes = 16 << 20

    let source: InputSource
    /// The file as it was when it was opened; nil for what can be read only once.
    let snapshot: FileSnapshot?
    /// The number of the line that `next` returned last, from 1.
    private(set) var lineNumber = 0
    /// How many bytes were read.
    private(set) var bytes = 0

    private let file: InputFile
    private var splitter: LineSplitter
    private var isAtEnd = false

    init(
        _ source: InputSource, maximumLineBytes: Int = Self.defaultMaximumLineBytes, bufferBytes: Int = 256 << 10
    ) throws(InputError) {
        let opened = try InputFile(source)
        let snapshot = try opened.snapshot()
        self.source = source
        self.snapshot = snapshot
        file = opened
        splitter = LineSplitter(maximumLineBytes: maximumLineBytes, bufferBytes: bufferBytes)
    }

    /// The next line that is not blank; nil at the end.
    ///
    /// - Throws: `InputError` where the file cannot be read, and at its end where it has changed since it was opened.
    mutating func next() throws(InputError) -> LineSplitter.Line? {
        while true {
            if let line = splitter.nextLine() {
                lineNumber += 1
                if !Self.isBlank(line) { return line }
            } else if isAtEnd {
                guard let line = splitter.lastLine() else { return nil }
                lineNumber += 1
                if !Self.isBlank(line) { return line }
            } else {
                try refill()
            }
        }
    }

    private mutating func refill() throws(InputError) {
        let count = try file.read(into: &splitter.buffer)
        splitter.didRefill(count)
        bytes += count
        guard count == 0 else { return }
        isAtEnd = true
        if try file.snapshot() != snapshot { throw .changed(source: source.title) }
    }

    private static func isBlank(_ line: LineSplitter.Line) -> Bool {
        guard case .bytes(let bytes) = line else { return false }
        return bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    }
}
