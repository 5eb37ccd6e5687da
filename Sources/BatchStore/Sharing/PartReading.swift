import BatchEngine
import SystemCalls

/// A part as it is read: copied to the local disk, checked, brought up to date, and with what was open in it put in order.
enum PartReading {
    /// What came of it.
    enum Outcome: Sendable {
        case whole
        /// Why it is passed over, in words.
        case unusable(String)
    }

    /// Copies a part; nothing is at the target before, and something that is of no use may be afterwards.
    ///
    /// - Throws: what is wrong here, not with the part: the local disk is full, or the folder's disk cannot be read at the
    ///   moment, or not by this user. Then nothing may be sent: what the part holds would be paid again.
    static func copy(
        _ part: PartName, in folder: SharedFolder, to target: DatabasePath, options: StoreOptions
    ) throws(StoreError) -> Outcome {
        if let reason = try fetch(part, in: folder, to: target, pauses: options.readPauses) { return .unusable(reason) }
        var options = options
        options.durability = .normal
        // SQLite knows it by its address: it outlives the connection.
        let wait = LockWait(warningDelay: options.lockPatience, deadline: LockDeadline()) {}
        defer { withExtendedLifetime(wait) {} }
        do throws(StoreError) {
            try putInOrder(target, wait, options)
            return .whole
        } catch {
            switch error.kind {
            case .newerSchema(let found, let known):
                return .unusable("a newer llm4s-batch wrote it, in schema \(found); this one knows up to \(known)")
            case .corrupt, .notOurs, .missing, .unexpected:
                return .unusable("it is no sound database (\(error.reason))")
            default: throw error
            }
        }
    }

    /// Copies its bytes, several times where the folder's disk fails.
    ///
    /// - Parameter pauses: before each further attempt.
    /// - Returns: why the part is passed over; nil where the copy is whole.
    private static func fetch(
        _ part: PartName, in folder: SharedFolder, to target: DatabasePath, pauses: [Duration]
    ) throws(StoreError) -> String? {
        var left = pauses[...]
        var wasGone = false
        while true {
            do throws(SharedFolderFault) {
                let isWhole = try folder.copy(part, to: target.real) == .whole
                return isWhole
                    ? nil : "it is not as long as its name says, or was changed: cut short, or not yet written"
            } catch {
                if let local = error.localError { throw local.needing(part.bytes) }
                if error.isRefused {
                    throw StoreError(
                        .io, path: error.path,
                        reason: "\(error.reason); another user wrote it: run as that one, or change the parts' mode")
                }
                // A part that is gone is of no use; where its folder is gone too, all that it holds would be paid again.
                if !error.isTransient, !folder.isAway {
                    if wasGone { return error.reason }
                    // The folder may have been away, and be back by now: it is believed the second time.
                    wasGone = true
                    MergeSource.removeCopy(target)
                    continue
                }
                guard let pause = left.popFirst() else {
                    throw StoreError(
                        .io, path: error.path,
                        reason: "\(error.reason), \(pauses.count + 1) times; look whether its disk is mounted")
                }
                MergeSource.removeCopy(target)
                usleep(UInt32(pause / .microseconds(1)))
            }
        }
    }

    private static func putInOrder(
        _ target: DatabasePath, _ wait: LockWait, _ options: StoreOptions
    ) throws(StoreError) {
        let connection = try Opening.connection(target, lockWait: wait, options: options)
        // By the part's own time, so that it means the same whenever it is read.
        let newest = try target.naming { () throws(SQLiteFailure) in
            try connection.integer("SELECT max(updated_ms) FROM jobs")
        }
        try Rescuer.rescue(
            connection, path: target, echoing: options.echoingProviders, now: newest ?? options.now)
    }
}

extension Writer {
    /// Reads the parts that are needed, one after the other, each as a copy beside the database; a cancelled task reads no
    /// further.
    ///
    /// - Parameter take: does with a copy what is to be done; nil ends the reading.
    func read(
        _ cover: PartCover, in folder: SharedFolder, since numbers: [WorkerName: Int],
        _ take: (DatabasePath, PartName) throws(StoreError) -> PartReading.Outcome?
    ) throws(StoreError) -> TakenParts {
        var cover = cover
        var taken = TakenParts()
        let copy = try DatabasePath(DatabasePath(path).part(of: .random(), isWide: false))
        defer { MergeSource.removeCopy(copy) }
        while !Task.isCancelled, let part = cover.next {
            MergeSource.removeCopy(copy)
            var outcome = try PartReading.copy(part, in: folder, to: copy, options: options)
            if case .whole = outcome {
                guard let result = try take(copy, part) else { return taken }
                outcome = result
            }
            switch outcome {
            case .whole:
                cover.use(part)
                taken.parts += 1
            case .unusable(let reason):
                cover.passOver(part)
                taken.passOver("\(folder.path)/\(part.text)", reason)
            }
        }
        taken.numbers = cover.taken(since: numbers)
        return taken
    }
}
