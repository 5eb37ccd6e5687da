import BatchEngine
import BatchWatch
import Synchronization
import Testing

@testable import BatchStore
@testable import llm4s_batch

/// One answer, many who read it.
@Suite struct JobStreamsTests {
    /// What is stored of a job, as a reader would find it.
    private final class Stored: Sendable {
        struct State {
            var chunks: [Int64] = []
            var status = JobStatus.running
            var reads: [Int64] = []
            var hasWorker = true
            var isGone = false
        }

        let state = Mutex(State())

        struct Gone: Error {}

        func page(after place: Int64) throws -> StreamPage? {
            try state.withLock { state in
                state.reads.append(place)
                if state.isGone { throw Gone() }
                var page = StreamPage(place: place, status: state.status)
                for id in state.chunks.filter({ $0 > place }).prefix(3) {
                    page.pieces.append(
                        StreamPage.Piece(
                            chunk: StoredChunk(
                                id: id, sequence: Int(id), atMicroseconds: 0, kind: "text", choice: 0, item: 0,
                                text: "t\(id)"), attemptID: 1, attempt: 1))
                    page.place = id
                }
                page.hasMore = (state.chunks.last ?? 0) > page.place
                return page
            }
        }

        var streams: JobStreams {
            JobStreams { _, place in
                try self.page(after: place)
            } mayHaveWorker: {
                self.state.withLock { $0.hasWorker }
            }
        }
    }

    /// The events of a stream until there are so many, or its end; without what keeps it open.
    private static func events(_ feed: EventFeed, most: Int = .max) async -> [String] {
        var events: [String] = []
        while events.count < most, let bytes = await feed.next() {
            let text = String(decoding: bytes, as: UTF8.self)
            events += text.split(separator: "\n\n").map(String.init).filter { $0.contains("event: ") }
        }
        return events
    }

    private static func ids(_ events: [String]) -> [String] {
        events.map { $0.firstMatch(of: #/id: (\d+)/#).map { String($0.1) } ?? $0 }
    }

    private static let end = #"event: end"# + "\n" + #"data: {"status":"completed"}"#

    @Test func eachGetsWhatWasWrittenBeforeItCameAndTheRest() async throws {
        let stored = Stored()
        stored.state.withLock { $0.chunks = [1, 2, 3, 4, 5] }
        let streams = stored.streams
        let first = try #require(await streams.watch(WatchedJob(id: 1), after: 0))
        #expect(Self.ids(await Self.events(first, most: 5)) == ["1", "2", "3", "4", "5"])
        let second = try #require(await streams.watch(WatchedJob(id: 1), after: 3))
        #expect(Self.ids(await Self.events(second, most: 2)) == ["4", "5"])
        stored.state.withLock {
            $0.chunks.append(6)
            $0.status = .completed
        }
        for feed in [first, second] { #expect(Self.ids(await Self.events(feed)) == ["6", Self.end]) }
        // One who comes behind the end is told of it alone.
        let third = try #require(await streams.watch(WatchedJob(id: 1), after: 6))
        #expect(await Self.events(third) == [Self.end])
        for feed in [first, second, third] { feed.close() }
    }

    @Test func manyWatchersOfOneStreamReadTheTableOnceForAll() async throws {
        let stored = Stored()
        let current = Mutex<JobStreams?>(nil)
        let streams = JobStreams { _, place in
            try stored.page(after: place)
        } mayHaveWorker: {
            true
        } pause: { _ in
            // Until all who took a page are back: they read the next together.
            while let known = current.withLock({ $0 }), await !known.areAllWaiting { await Task.yield() }
        }
        current.withLock { $0 = streams }
        var feeds: [EventFeed] = []
        for _ in 0..<100 { feeds.append(try #require(await streams.watch(WatchedJob(id: 1), after: 0))) }
        let events = await withTaskGroup(of: [String].self) { group in
            for feed in feeds { group.addTask { await Self.events(feed) } }
            // All of them wait by then, or come a moment later.
            stored.state.withLock {
                $0.chunks = Array(1...30)
                $0.status = .completed
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(events.count == 100)
        for one in events { #expect(Self.ids(one) == (1...30).map { "\($0)" } + [Self.end]) }
        let reads = stored.state.withLock { $0.reads.count }
        // Those who came before the first reading are a page ahead of the others.
        #expect(reads <= 24, "\(reads) readings for 1,100 pages")
        for feed in feeds { feed.close() }
    }

    @Test func withoutAWorkerNothingMoreIsWaitedFor() async throws {
        let stored = Stored()
        stored.state.withLock {
            $0.chunks = [1]
            $0.status = .interrupted
            $0.hasWorker = false
        }
        let feed = try #require(await stored.streams.watch(WatchedJob(id: 1), after: 0))
        let events = await Self.events(feed)
        #expect(events.count == 2 && events[1].contains(#"{"status":"interrupted"}"#), "\(events)")
    }

    /// A worker that writes and goes between both looks leaves its last pieces.
    @Test func theLastPiecesComeBeforeTheEnd() async throws {
        let stored = Stored()
        stored.state.withLock { $0.chunks = [1] }
        let streams = JobStreams { _, place in
            try stored.page(after: place)
        } mayHaveWorker: {
            stored.state.withLock {
                $0.chunks = [1, 2]
                $0.status = .completed
            }
            return false
        }
        let feed = try #require(await streams.watch(WatchedJob(id: 1), after: 0))
        #expect(Self.ids(await Self.events(feed)) == ["1", "2", Self.end])
    }

    @Test func aDatabaseThatIsGoneEndsAStreamWithoutAnEnd() async throws {
        let stored = Stored()
        stored.state.withLock { $0.isGone = true }
        let feed = try #require(await stored.streams.watch(WatchedJob(id: 1), after: 0))
        #expect(await Self.events(feed).isEmpty)
    }

    @Test func thereIsAMostOfStreamsAndWhoLeavesMakesRoom() async throws {
        let stored = Stored()
        let streams = stored.streams
        var feeds: [EventFeed] = []
        for id in 0..<Int64(JobStreams.most) {
            feeds.append(try #require(await streams.watch(WatchedJob(id: id), after: 0)))
        }
        #expect(await streams.watch(WatchedJob(id: 1), after: 0) == nil)
        feeds[0].close()
        // It leaves on a task of its own.
        while true {
            if let feed = await streams.watch(WatchedJob(id: 1), after: 0) {
                feed.close()
                break
            }
            await Task.yield()
        }
        // One that waits is ended.
        let second = feeds[1]
        async let waiting = Self.events(second)
        while stored.state.withLock({ $0.reads.isEmpty }) { await Task.yield() }
        second.close()
        #expect(await waiting.isEmpty)
        for feed in feeds.dropFirst(2) { feed.close() }
    }
}
