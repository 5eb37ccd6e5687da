package import BatchEngine

/// Publishes what a worker has in a shared folder, on a thread of its own, which may block for as long as the folder does.
package actor PartPublisher {
    private nonisolated let executor = QueueExecutor(label: "llm4s-batch.publisher")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    package nonisolated let folder: SharedFolder
    package nonisolated let worker: WorkerName
    /// Shows that the worker lives.
    package nonisolated let presence: WorkerPresence
    private nonisolated let writer: PartWriter
    private nonisolated let wideParts: WidePartPublisher
    private var numbers = PartNumbers<PublishedState>()
    /// What earlier runs noted of the folder.
    package private(set) var notes: PublishedNotes
    /// The number of the newest part that is there; 0 for none.
    package var newestNumber: Int { numbers.numbers.lowerBound - 1 }
    /// The parts that were written, and their bytes.
    package private(set) var written = (parts: 0, bytes: 0)

    /// A worker.
    ///
    /// - Parameters:
    ///   - shard: whose jobs it has; nil for a whole input.
    ///   - database: the real path of its database.
    ///   - freeBytes: the room where a folder lies; nil where that is not known.
    package init(
        _ folder: SharedFolder, worker: WorkerName, shard: JobShard?, database: String,
        freeBytes: @escaping @Sendable (String) -> Int? = { DiskSpace.freeBytes(at: $0) }
    ) {
        self.folder = folder
        self.worker = worker
        let writer = PartWriter(folder, worker: worker, shard: shard ?? .whole, database: database)
        self.writer = writer
        presence = WorkerPresence(folder, worker: worker, place: writer.place)
        wideParts = WidePartPublisher(writer, freeBytes: freeBytes)
        notes = PublishedNotes(folder: folder.realPath, workers: nil)
    }

    /// The parts that are there; from now on this folder is the one that is meant.
    package func parts() throws(SharedFolderFault) -> [PartName] {
        try folder.check()
        let parts = try folder.list().parts
        let workers = Set(parts.map(\.worker))
        writer.place.note(workers)
        notes.workers = workers
        return parts
    }

    /// Publishes what has changed since the newest part; nothing where nothing has.
    ///
    /// - Parameter isLast: whether the run has ended.
    /// - Returns: what is to be published next beside others; nil mostly, and at the end of a run, which must not wait.
    /// - Throws: `SharedFolderFault`, or `StoreError` of the local file that the part is made in.
    @discardableResult
    package func publish(isLast: Bool) throws -> WidePart? {
        let part: (state: PublishedState, bytes: Int)?
        do {
            part = try writer.write(numbers.numbers, since: numbers.newest, notes: notes, isLast: isLast)
        } catch let error as SharedFolderFault where !error.isLocal {
            numbers.didFail()
            throw error
        }
        guard let part else { return nil }
        numbers.didPublish(part.state)
        written = (written.parts + 1, written.bytes + part.bytes)
        guard !isLast, let wide = numbers.wide else { return nil }
        return WidePart(numbers: wide.numbers, since: wide.since, notes: notes)
    }

    /// Publishes a part that stands for several; parts that follow do not wait for it.
    ///
    /// Nothing is lost where it fails: what it stands for is there.
    package nonisolated func publish(_ part: WidePart) async throws {
        guard let bytes = try await wideParts.publish(part) else { return }
        await didWrite(bytes)
    }

    private func didWrite(_ bytes: Int) { written = (written.parts + 1, written.bytes + bytes) }

    /// How far the newest part came, in bytes: it grows while anything is made or written.
    package nonisolated var progress: Int { writer.progress }

    /// How many jobs have changed and are in no part.
    package func unpublishedJobs() throws(StoreError) -> Int {
        try writer.changes(since: numbers.newest, notes: notes)
    }
}
