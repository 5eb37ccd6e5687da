import BatchEngine
import BatchStore
import Foundation
import LLMStreaming

// A run whose machine may go: what it has is published in a folder that others see (Contract, "Shared folders").
extension BatchSession {
    /// Whole, since what is published where is stored.
    private var folder: SharedFolder? { options.sharedFolder.map { SharedFolder(URL(filePath: $0).path) } }

    /// Checks that the folder is there, before anything is made.
    func checkSharedFolder() async throws {
        guard let folder else { return }
        do { try folder.check() } catch { throw error.batchError }
    }

    /// This run with what earlier attempts have published of its input.
    ///
    /// Where they have published anything, the input is read to its end first: it says which jobs are asked for.
    func takingInput(_ database: BatchDatabase) async throws -> BatchSession {
        scope.isOfInput ? try await taking(database) : self
    }

    /// This run with what others have published of its jobs.
    func taking(_ database: BatchDatabase) async throws -> BatchSession {
        guard let folder else { return self }
        var session = self
        let publisher = PartPublisher(folder, worker: .random(), shard: shard, database: database.path)
        session.publisher = publisher
        var notes = JSONObject([.init(key: "worker", value: .string(publisher.worker.text))])
        let own = try await database.reader.knownParts().own
        let listed = try await parts(publisher)
        if !PartCover(listed, of: shard ?? .whole, except: own, beyond: [:]).isEmpty {
            let taken = try await take(publisher, database)
            notes["took"] = .object(JSONObject(taken.map { .init(key: $0.key.text, value: .int($0.value)) }))
            notes["jobs"] = .int(Int(try await database.reader.newestJob()))
        }
        session.storedOptions["sharing"] = .object(notes)
        return session
    }

    private func parts(_ publisher: PartPublisher) async throws(BatchError) -> [PartName] {
        do throws(SharedFolderFault) { return try await publisher.parts() } catch { throw error.batchError }
    }

    /// Takes what there is, and tells it.
    ///
    /// - Returns: up to which number each worker's parts are taken.
    private func take(_ publisher: PartPublisher, _ database: BatchDatabase) async throws -> [WorkerName: Int] {
        if let intake, intake.isOpen { await intake.read(into: database, stored: observer.stored) }
        if let fault = intake?.failure, fault.kind == .database { throw fault }
        // Who stops a run does not wait for it; without the index of ids it would take hours, too. The next one looks again.
        if Task.isCancelled || intake?.isCut == true { return [:] }
        // Reading may have taken hours, in which more was published.
        let parts = try await parts(publisher)
        let folder = publisher.folder
        let known = try await database.reader.knownParts()
        let cover = PartCover(parts, of: shard ?? .whole, except: known.own, beyond: known.taken)
        if cover.isEmpty { return known.taken }
        let before = try await database.reader.counts(in: scope)
        let ended = intake?.isScope == true ? Set(try await database.reader.endedJobs(in: scope)) : []
        let taken = try await database.takeIn(cover, in: folder, shard: shard, since: known.taken)
        for text in taken.passedOver { observer.warned(text) }
        let after = try await database.reader.counts(in: scope)
        if let text = Self.text(taken, from: before, to: after) { observer.noted("\(folder.path): \(text)") }
        if intake?.isScope == true {
            let all = try await database.reader.endedJobs(in: scope)
            observer.stored(StoredPage(ended: all.filter { !ended.contains($0) }))
        }
        return taken.numbers
    }

    /// What was found; nil for nothing, as in the parts of another input.
    private static func text(_ taken: TakenParts, from before: JobCounts, to after: JobCounts) -> String? {
        let found = [
            (after.completed - before.completed, "completed"), (after.failed - before.failed, "failed"),
            (after.interrupted - before.interrupted, "partial"), (after.cancelled - before.cancelled, "cancelled"),
        ].filter { $0.0 > 0 }.map { "\($0.0.grouped) \($0.1)" }
        if found.isEmpty { return nil }
        return "took \(found.joined(separator: ", ")) from \(taken.parts.counted("part")) of other attempts"
    }

    /// Runs as one of the workers of the folder, where there is one.
    func sharing(
        _ database: BatchDatabase, _ body: () async throws -> SessionResult
    ) async throws -> SessionResult {
        guard let publisher else { return try await body() }
        let sharing = SharedRun(
            publisher, options: options, share: share, names: names, observer: observer, patience: patience)
        try await sharing.begin(database)
        do {
            let result = try await body()
            await sharing.end(database)
            return result
        } catch {
            await sharing.leave()
            throw error
        }
    }
}
