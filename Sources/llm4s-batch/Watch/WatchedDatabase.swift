import BatchStore

/// A database that is watched: what is asked of it is read on a few connections, one after the other on each.
///
/// It may be gone, be replaced, or be of a newer program for a while: each reading looks for the file anew.
actor WatchedDatabase {
    /// What a connection is for, so that what takes long does not hold up what is quick.
    enum Purpose: Hashable, CaseIterable {
        /// Where the batch stands.
        case status
        /// What reads all rows.
        case figures
        /// Pages of rows.
        case rows
        /// The pieces of answers.
        case streams
    }

    private struct Opened {
        var reader: BatchReader
        /// Which file it was.
        var place: [UInt64]?
    }

    /// The readings of a purpose that may wait for their turn; of answers there is one for each job that is watched.
    private static func mostWaiting(_ purpose: Purpose) -> Int { purpose == .streams ? JobStreams.most : 64 }

    /// As it was named.
    nonisolated let path: String
    private var opened: [Purpose: Opened] = [:]
    private var waiting: [Purpose: Int] = [:]
    private var isClosed = false

    init(path: String) { self.path = path }

    /// Reads something.
    ///
    /// - Throws: `StoreError` where the database cannot be read, `WatchProblem` where too many ask.
    func read<Value: Sendable>(
        _ purpose: Purpose, _ body: @Sendable (BatchReader) async throws -> Value
    ) async throws -> Value {
        guard waiting[purpose, default: 0] < Self.mostWaiting(purpose) else { throw WatchProblem.busy }
        waiting[purpose, default: 0] += 1
        defer { waiting[purpose, default: 1] -= 1 }
        do {
            return try await readOnce(purpose, body)
        } catch let error as StoreError where error.kind == .closed && !isClosed {
            // Another reading found a fault, and its reader was closed for all who had it.
            return try await readOnce(purpose, body)
        }
    }

    private func readOnce<Value: Sendable>(
        _ purpose: Purpose, _ body: @Sendable (BatchReader) async throws -> Value
    ) async throws -> Value {
        let reader = try await reader(purpose)
        do {
            return try await body(reader)
        } catch let error as StoreError {
            // The next one opens it anew, and is told what is wrong with the file.
            await drop(purpose, reader)
            throw error
        }
    }

    private func reader(_ purpose: Purpose) async throws -> BatchReader {
        let place = BatchDatabase.filePlace(of: path)
        if let known = opened[purpose] {
            if place != nil, known.place == place { return known.reader }
            await drop(purpose, known.reader)
        }
        guard !isClosed else { throw WatchProblem.busy }
        let reader = try await BatchReader.open(path)
        guard !isClosed else {
            await reader.close()
            throw WatchProblem.busy
        }
        // Another may have opened it meanwhile.
        if let known = opened[purpose], known.place == place {
            await reader.close()
            return known.reader
        }
        opened[purpose] = Opened(reader: reader, place: place)
        return reader
    }

    private func drop(_ purpose: Purpose, _ reader: BatchReader) async {
        if opened[purpose]?.reader === reader { opened[purpose] = nil }
        await reader.close()
    }

    /// Closes its connections; what is being read ends, and nothing is read any more.
    func close() async {
        isClosed = true
        for known in opened.values { known.reader.interrupt() }
        for purpose in Purpose.allCases {
            if let known = opened[purpose] { await drop(purpose, known.reader) }
        }
    }

    /// Whether some process works on it, also where that cannot be known.
    nonisolated var mayHaveWorker: Bool { (try? BatchDatabase.hasWorker(at: path)) != .some(false) }
}

/// Why something is not answered, in words for the reader of the page.
struct WatchProblem: Error, Equatable {
    /// That of HTTP.
    var status: Int
    var sentence: String

    init(_ status: Int, _ sentence: String) {
        self.status = status
        self.sentence = sentence
    }

    static let busy = WatchProblem(503, "too many questions come at once; try again")
}
