import BatchEngine
import BatchStore

/// A run among the workers of a shared folder: it shows that it lives, has its share of the rates by how many others do,
/// and publishes what it has. Each of these waits for the folder on its own.
///
/// A folder that goes away in the middle is no end: the run keeps its share, says it once, and tries again.
actor SharedRun {
    /// What is done with the folder again and again.
    private enum Work { case presence, parts }

    private let publisher: PartPublisher
    private let interval: Duration
    private let heartbeatInterval: Duration
    private let share: CurrentShare
    private let names: OptionNames
    private let observer: SessionObserver
    private let patience: EndPatience
    /// After how much of the end's waiting the user is told of it.
    private let silence: Duration
    private let start = ContinuousClock.now
    private var workers: LiveWorkers
    /// What failed last when it was tried.
    private var failing: Set<Work> = []
    private var beating: Task<Void, Never>?
    private var publishing: Task<Void, Never>?
    /// Publishes a part that stands for many; nil where none is being published.
    private var widening: Task<Void, Never>?
    /// Whether the last part, and the worker's end, are there, or were told not to be.
    private var isConcluded = false
    /// Whether the end was waited for no longer: the database is closed, and nobody listens.
    private var isGivenUp = false

    init(
        _ publisher: PartPublisher, options: BatchOptions, share: CurrentShare, names: OptionNames,
        observer: SessionObserver, patience: EndPatience, silence: Duration = .seconds(2),
        leastPatience: Duration = LiveWorkers.leastPatience
    ) {
        self.publisher = publisher
        interval = options.publishingInterval
        heartbeatInterval = options.heartbeatInterval
        self.share = share
        self.names = names
        self.observer = observer
        self.patience = patience
        self.silence = silence
        workers = LiveWorkers(own: publisher.worker, interval: heartbeatInterval, leastPatience: leastPatience)
    }

    /// Takes its place, and its share, before anything is sent.
    ///
    /// - Throws: `BatchError` where the folder cannot be written.
    func begin(_ database: BatchDatabase) async throws(BatchError) {
        do throws(SharedFolderFault) { observe(try await publisher.presence.beat(every: heartbeatInterval)) } catch {
            // It may have been seen by now.
            try? await publisher.presence.end()
            throw error.batchError
        }
        beating = Task { await keepBeating() }
        publishing = Task { await keepPublishing(of: database) }
    }

    private var elapsed: Duration { start.duration(to: .now) }

    private func observe(_ heartbeats: [Heartbeat]) {
        workers.observe(heartbeats, at: elapsed)
        let count = workers.count(at: elapsed)
        // Of more than a million each keeps what it has.
        guard let part = WorkerShare(workers: count), part != share.value else { return }
        share.set(part)
        observer.noted(
            count == 1
                ? "\(publisher.folder.path): no other worker lives: this one spends all of the rates"
                : "\(publisher.folder.path): \((count - 1).counted("other worker")) there: this one spends \(part.text)"
                    + " of the rates")
    }

    /// Shows signs of life until the task is cancelled.
    ///
    /// At first it looks more often: workers that begin together soon know of each other.
    private func keepBeating() async {
        var pause = min(.seconds(1), heartbeatInterval)
        while true {
            do { try await Task.sleep(for: pause) } catch { return }
            pause = min(pause * 2, heartbeatInterval)
            await attempt(.presence) { observe(try await publisher.presence.beat(every: heartbeatInterval)) }
        }
    }

    /// Publishes until the task is cancelled.
    private func keepPublishing(of database: BatchDatabase) async {
        var noted = 0
        while true {
            do { try await Task.sleep(for: interval) } catch { return }
            await attempt(.parts) {
                if let part = try await publisher.publish(isLast: false) { widen(part) }
            }
            let made = await publisher.newestNumber
            guard made > noted else { continue }
            noted = made
            // Without the note a next attempt reads for nothing what it has; a store that fails ends the run by itself.
            try? await database.noteMade(upTo: made, by: publisher.worker)
        }
    }

    /// Publishes a part that stands for many while the next ones go on; one at a time.
    private func widen(_ part: WidePart) {
        guard widening == nil, !Task.isCancelled else { return }
        widening = Task {
            // All that it stands for is there: a failure costs readers time alone, and is that of the next part too.
            try? await publisher.publish(part)
            widening = nil
        }
    }

    /// Does what may fail, and tells an outage once, whatever fails of it.
    private func attempt(_ work: Work, _ body: () async throws -> Void) async {
        do {
            try await body()
            guard failing.remove(work) != nil, failing.isEmpty else { return }
            observer.noted("\(publisher.folder.path): it can be used again")
        } catch {
            // What the end of the run cuts short is done there.
            if Task.isCancelled { return }
            // The other may have met it meanwhile.
            let isKnown = !failing.isEmpty
            failing.insert(work)
            if isKnown { return }
            observer.warned("\(words(error)): the run goes on without it, and tries again each time")
        }
    }

    /// What went wrong, in words: a part is made on the local disk, before the folder sees anything of it.
    private func words(_ error: any Error) -> String {
        guard let local = error as? StoreError, !local.reason.isEmpty else { return names.naming("--shared \(error)") }
        let reason = local.kind == .full ? "no space is left on the disk; make room there" : local.reason
        return names.naming("--shared \(publisher.folder.path): a part of it cannot be made: \(local.path): \(reason)")
    }

    // MARK: The end

    /// Publishes what is left and goes, once the run's own row is written.
    func end(_ database: BatchDatabase) async {
        publishing?.cancel()
        widening?.cancel()
        let telling = Task { [observer, silence, folder = publisher.folder.path] in
            do { try await Task.sleep(for: silence) } catch { return }
            observer.noted("\(folder): publishing what is left")
        }
        let hasEnded = await Deadline.isMet(progress: { [publisher] in publisher.progress }, patience: patience) {
            [self] in await conclude(database)
        }
        telling.cancel()
        beating?.cancel()
        if !hasEnded, !isConcluded {
            isGivenUp = true
            observer.warned("\(publisher.folder.path) does not answer: what is not there is in \(database.path) alone")
        }
    }

    /// Goes without a last part.
    func leave() async {
        publishing?.cancel()
        widening?.cancel()
        _ = await Deadline.isMet(within: .seconds(5), patience: patience) { [self] in await go() }
        beating?.cancel()
    }

    private func conclude(_ database: BatchDatabase) async {
        await publishing?.value
        if await publishRest(database) { await note(database) }
        await go()
        isConcluded = true
        // Nothing waits for it but the database, which is closed next: nobody may read it then.
        await widening?.value
    }

    /// Whether all is there.
    private func publishRest(_ database: BatchDatabase) async -> Bool {
        do {
            try await publisher.publish(isLast: true)
            if isGivenUp { return false }
        } catch {
            if isGivenUp { return false }
            let jobs = try? await publisher.unpublishedJobs()
            let what = jobs.map { "what became of \($0.counted("job")) is" } ?? "what became of the last jobs is"
            observer.warned(
                "\(words(error)): \(what) not there, but in \(database.path) alone; the same command publishes it")
            return false
        }
        let written = await publisher.written
        if written.parts > 0 {
            observer.noted(
                "\(publisher.folder.path): \(written.parts.counted("part")) published, \(written.bytes.grouped) bytes")
        }
        return true
    }

    private func note(_ database: BatchDatabase) async {
        do { try await database.notePublished(publisher.notes, by: publisher.worker) } catch {
            observer.warned(
                "\(error): all is in \(publisher.folder.path), but the next run does not know it, and publishes it"
                    + " again")
        }
    }

    /// Says that it has ended, behind its last sign of life.
    private func go() async {
        beating?.cancel()
        await beating?.value
        try? await publisher.presence.end()
    }
}
