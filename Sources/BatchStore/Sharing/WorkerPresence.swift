package import BatchEngine

/// Shows that a worker lives, on a thread of its own: neither a part that takes minutes nor a folder that does not answer it
/// makes others count the worker as dead.
package actor WorkerPresence {
    private nonisolated let executor = QueueExecutor(label: "llm4s-batch.presence")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private let folder: SharedFolder
    private let worker: WorkerName
    private let place: FolderPlace
    private var heartbeat: Heartbeat?
    private var hasEnded = false

    init(_ folder: SharedFolder, worker: WorkerName, place: FolderPlace) {
        self.folder = folder
        self.worker = worker
        self.place = place
    }

    /// Gives a sign of life, and looks for those of others; none any more once it has ended.
    ///
    /// - Parameter interval: until the next one.
    package func beat(every interval: Duration) throws(SharedFolderFault) -> [Heartbeat] {
        if hasEnded { return [] }
        var number = 1
        if case .alive(let last, _)? = heartbeat?.sign { number = last + 1 }
        let next = Heartbeat(worker: worker, .alive(number: number, interval: interval))
        try place.check(isFirst: heartbeat == nil)
        try folder.show(next, insteadOf: heartbeat)
        heartbeat = next
        return try folder.heartbeats()
    }

    /// Says that the worker has ended, where it has said that it lives: its share is free.
    package func end() throws(SharedFolderFault) {
        hasEnded = true
        guard let heartbeat else { return }
        try place.check()
        try folder.show(Heartbeat(worker: worker, .ended), insteadOf: heartbeat)
        self.heartbeat = nil
    }
}
