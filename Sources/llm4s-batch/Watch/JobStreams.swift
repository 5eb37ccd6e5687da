import BatchEngine
import BatchStore
import BatchWatch
import LLMStreaming

/// A job that is watched.
struct WatchedJob: Hashable {
    var id: Int64
    /// Its file: another one under the same name has another job of this number.
    var file: [UInt64]?
}

/// The answers that browsers read as they are written: one reading of the database for all who watch a job at the same
/// place.
actor JobStreams {
    private struct Watcher {
        var job: WatchedJob
        /// The chunk that it has come to.
        var place: Int64
        /// Set while it waits for more.
        var waiting: CheckedContinuation<[UInt8]?, Never>?
        var isNew = true
        var isOver = false
        /// When it got something last.
        var told = ContinuousClock.now
    }

    /// The streams at once, over all jobs.
    static let most = 256
    /// Between two looks for what is new.
    private static let tick = Duration.milliseconds(250)
    /// Between two pages, so that those who have taken one read the next together.
    private static let turn = Duration.milliseconds(20)
    private static let heartbeat = Duration.seconds(15)

    /// The pieces of a job behind a chunk; nil where there is no such job any more.
    typealias Reading = @Sendable (_ job: WatchedJob, _ place: Int64) async throws -> StreamPage?

    private let read: Reading
    private let mayHaveWorker: @Sendable () async -> Bool
    private let pause: @Sendable (Duration) async -> Void
    private var watchers: [Int: Watcher] = [:]
    private var polled: Set<WatchedJob> = []
    private var newest = 0

    /// - Parameters:
    ///   - read: reads a page.
    ///   - mayHaveWorker: whether somebody may write more.
    ///   - pause: waits so long.
    init(
        read: @escaping Reading, mayHaveWorker: @escaping @Sendable () async -> Bool,
        pause: @escaping @Sendable (Duration) async -> Void = { _ = try? await Task.sleep(for: $0) }
    ) {
        self.read = read
        self.mayHaveWorker = mayHaveWorker
        self.pause = pause
    }

    /// Whether each watcher waits for more, or has all.
    var areAllWaiting: Bool { watchers.values.allSatisfy { $0.isOver || $0.waiting != nil } }

    /// Begins to watch a job behind a chunk; nil where too many watch.
    func watch(_ job: WatchedJob, after place: Int64) -> EventFeed? {
        guard watchers.count < Self.most else { return nil }
        newest += 1
        let number = newest
        watchers[number] = Watcher(job: job, place: place)
        return EventFeed {
            await self.next(number)
        } close: {
            Task { await self.leave(number) }
        }
    }

    private func next(_ number: Int) async -> [UInt8]? {
        guard let watcher = watchers[number], !watcher.isOver else { return nil }
        if watcher.isNew {
            watchers[number]?.isNew = false
            return EventText.beginning
        }
        return await withCheckedContinuation { continuation in
            watchers[number]?.waiting = continuation
            if polled.insert(watcher.job).inserted { Task { await poll(watcher.job) } }
        }
    }

    private func leave(_ number: Int) {
        watchers.removeValue(forKey: number)?.waiting?.resume(returning: nil)
    }

    /// Reads a job for those who watch it, until nobody does.
    private func poll(_ job: WatchedJob) async {
        while watchers.values.contains(where: { $0.job == job && !$0.isOver }) {
            let ready = watchers.filter { $0.value.job == job && $0.value.waiting != nil }
            var isBehind = false
            for (place, group) in Dictionary(grouping: ready, by: { $0.value.place }) {
                let numbers = group.map { $0.key }
                do {
                    guard let page = try await read(job, place) else {
                        for number in numbers { tell(number, nil) }
                        continue
                    }
                    isBehind = try await tell(numbers, page, job) || isBehind
                } catch {
                    // A browser comes again, and is told what is wrong then: it shows that, and does not come once more.
                    for number in numbers { tell(number, nil) }
                }
            }
            await pause(isBehind ? Self.turn : Self.tick)
        }
        polled.remove(job)
    }

    /// Tells watchers what a page of a job holds; true where there is more.
    private func tell(_ numbers: [Int], _ page: StreamPage, _ job: WatchedJob) async throws -> Bool {
        if hand(page, to: numbers) { return true }
        var page = page
        var hasEnded = page.status.hasEnded
        if !hasEnded, await !mayHaveWorker() {
            // A worker may have written and gone since the page was read.
            guard let last = try await read(job, page.place) else {
                for number in numbers { tell(number, nil) }
                return false
            }
            if hand(last, to: numbers) { return true }
            (page, hasEnded) = (last, true)
        }
        for number in numbers {
            if hasEnded {
                watchers[number]?.isOver = true
                tell(number, EventText("end", ["status": .string(page.status.rawValue)]).bytes)
            } else if let told = watchers[number]?.told, .now - told >= Self.heartbeat {
                tell(number, EventText.heartbeat)
            }
        }
        return false
    }

    /// Hands watchers the pieces of a page; false where there are none, and no more behind it.
    private func hand(_ page: StreamPage, to numbers: [Int]) -> Bool {
        for number in numbers { watchers[number]?.place = page.place }
        guard !page.pieces.isEmpty else { return page.hasMore }
        let bytes = page.pieces.flatMap { EventText("chunk", id: $0.chunk.id, $0.json).bytes }
        for number in numbers { tell(number, bytes) }
        return true
    }

    /// Hands bytes to a watcher that waits; nil ends its stream.
    private func tell(_ number: Int, _ bytes: [UInt8]?) {
        if bytes == nil { watchers[number]?.isOver = true }
        watchers[number]?.told = .now
        watchers[number]?.waiting.take()?.resume(returning: bytes)
    }
}

extension JobStatus {
    fileprivate var hasEnded: Bool {
        switch self {
        case .completed, .failed, .cancelled: true
        case .pending, .running, .interrupted: false
        }
    }
}

extension StreamPage.Piece {
    fileprivate var json: JSON {
        [
            "chunk_id": .int(Int(chunk.id)), "attempt_id": .int(Int(attemptID)), "attempt": .int(attempt),
            "seq": .int(chunk.sequence), "at_us": .int(Int(chunk.atMicroseconds)), "kind": .string(chunk.kind),
            "choice": .int(chunk.choice), "item": .int(chunk.item), "text": .string(chunk.text),
        ]
    }
}
