import LLMStreaming

/// A part that is to stand for several that are in the folder, so that readers need few.
package struct WidePart: Sendable {
    let numbers: ClosedRange<Int>
    let since: PublishedState?
    let notes: PublishedNotes
}

/// Publishes wide parts, on a thread of its own: one may be as large as the database and take minutes, in which the next
/// parts go on.
actor WidePartPublisher {
    private nonisolated let executor = QueueExecutor(label: "llm4s-batch.wide-parts")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private let writer: PartWriter
    private let freeBytes: @Sendable (String) -> Int?

    init(_ writer: PartWriter, freeBytes: @escaping @Sendable (String) -> Int?) {
        self.writer = writer
        self.freeBytes = freeBytes
    }

    /// Publishes one, unless the local disk may not have room for it; a cancelled task gives up.
    ///
    /// - Returns: its bytes; nil where it was left out.
    func publish(_ part: WidePart) throws -> Int? {
        guard try hasRoom() else { return nil }
        return try writer.write(part.numbers, since: part.since, notes: part.notes, isWide: true)?.bytes
    }

    /// Whether the disk of the database has room for all that is in it once more: the run must not fail for want of it.
    private func hasRoom() throws(StoreError) -> Bool {
        let path = try DatabasePath(writer.database)
        guard let free = freeBytes(DatabasePath.folder(of: path.real)) else { return true }
        let needed = [path.real, path.writeAheadLog].reduce(0) { $0.addingClamped(DatabasePath.size(of: $1) ?? 0) }
        return free >= needed
    }
}
