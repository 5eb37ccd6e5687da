import BatchEngine
import LLMStreaming
import SystemCalls

/// Makes parts on the local disk and writes them into the folder; whoever calls it may be blocked for as long as both take.
struct PartWriter: Sendable {
    let folder: SharedFolder
    let worker: WorkerName
    let shard: JobShard
    /// The worker's database.
    let database: String
    let place: FolderPlace
    private let copied = CopyProgress()

    init(_ folder: SharedFolder, worker: WorkerName, shard: JobShard, database: String) {
        self.folder = folder
        self.worker = worker
        self.shard = shard
        self.database = database
        place = FolderPlace(folder, worker: worker)
    }

    /// Writes a part.
    ///
    /// - Parameters:
    ///   - numbers: what it stands for.
    ///   - since: what was published before them; nil for nothing.
    ///   - isLast: whether the run has ended.
    ///   - isWide: whether it stands for many, and is made beside others.
    /// - Returns: what is in it, and its bytes; nil where nothing is to be told.
    /// - Throws: `SharedFolderFault`, or `StoreError` of the local file that the part is made in.
    func write(
        _ numbers: ClosedRange<Int>, since: PublishedState?, notes: PublishedNotes, isLast: Bool = false,
        isWide: Bool = false
    ) throws -> (state: PublishedState, bytes: Int)? {
        let file = try draft(isWide: isWide)
        defer { MergeSource.removeCopy(file) }
        let contents = try PartDraft.make(
            at: file, of: DatabasePath(database), notes: notes, since: since, isLast: isLast)
        guard let contents else { return nil }
        guard let (bytes, checksum) = FileBytes.measure(file.real, progress: copied) else {
            throw StoreError(.io, path: file.real, reason: SystemError.newest)
        }
        let part = PartName(
            shard: shard, worker: worker, numbers: numbers, bytes: bytes,
            checksum: String(checksum.prefix(PartName.checksumDigits)))
        try place.check()
        try folder.write(part, from: file.real, progress: copied)
        return (contents.state, bytes)
    }

    /// How many jobs have changed since a part.
    func changes(since: PublishedState?, notes: PublishedNotes) throws(StoreError) -> Int {
        let file = try draft(isWide: false)
        defer { MergeSource.removeCopy(file) }
        return try PartDraft.changes(at: file, of: DatabasePath(database), notes: notes, since: since)
    }

    /// How far it came: it grows while anything is made or written.
    var progress: Int {
        guard let path = try? DatabasePath(database) else { return copied.bytes }
        return copied.bytes.addingClamped(DatabasePath.size(of: path.part(of: worker, isWide: false)) ?? 0)
    }

    /// Where a part is made: nothing is there.
    private func draft(isWide: Bool) throws(StoreError) -> DatabasePath {
        let file = try DatabasePath(DatabasePath(database).part(of: worker, isWide: isWide))
        MergeSource.removeCopy(file)
        return file
    }
}
