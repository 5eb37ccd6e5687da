import LLM4S
import LLMStreaming
import LoadTesting
import Synchronization

/// One level of a load test: sends its requests, and records the six times of each.
struct LevelRun: Sendable {
    /// When a level sends no more requests.
    enum Limit: Sendable {
        case requests(Int)
        case duration(Duration)
    }

    let transport: StreamingTransport
    let supply: RequestSupply
    let load: LevelLoad
    let limit: Limit
    let seed: UInt64
    /// The number of the first request: no two requests of a test are alike.
    let firstNumber: Int

    private let start = ContinuousClock.now

    /// The records of a level so far.
    private final class Records: Sendable {
        struct State: Sendable {
            var records: [(number: Int, record: RequestRecord)] = []
            var chunks = 0
            var next = 0
        }

        let state = Mutex(State())
    }

    /// Sends all requests and waits for their ends.
    ///
    /// - Returns: the records in the order in which the requests were due, and how many chunks came.
    func run() async -> (records: [RequestRecord], chunks: Int) {
        let records = Records()
        if let rate = load.rate {
            await openLoop(rate, into: records)
        } else {
            await closedLoop(into: records)
        }
        return records.state.withLock { state in
            (state.records.sorted { $0.number < $1.number }.map(\.record), state.chunks)
        }
    }

    /// Each worker sends its next request when its last has ended.
    private func closedLoop(into records: Records) async {
        await withDiscardingTaskGroup { group in
            for _ in 0..<(load.concurrency ?? 1) {
                group.addTask {
                    var scheduled = 0.0
                    while let number = next(records) {
                        scheduled = await send(number, scheduled: scheduled, into: records)
                    }
                }
            }
        }
    }

    /// Requests are sent when they are due; where no more may be open they wait, and that time counts.
    private func openLoop(_ rate: Double, into records: Records) async {
        var arrivals = Arrivals(requestsPerSecond: rate, spacing: load.spacing, seed: seed)
        let (due, continuation) = AsyncStream.makeStream(of: (number: Int, scheduled: Double).self)
        await withDiscardingTaskGroup { group in
            if let concurrency = load.concurrency {
                for _ in 0..<concurrency {
                    group.addTask {
                        for await request in due {
                            _ = await send(request.number, scheduled: request.scheduled, into: records)
                        }
                    }
                }
            }
            while true {
                let scheduled = arrivals.nextSeconds()
                if case .duration(let duration) = limit, scheduled >= duration.seconds { break }
                guard let number = next(records) else { break }
                try? await Task.sleep(until: start + .seconds(scheduled), tolerance: .zero)
                if load.concurrency == nil {
                    group.addTask { _ = await send(number, scheduled: scheduled, into: records) }
                } else {
                    continuation.yield((number, scheduled))
                }
            }
            continuation.finish()
        }
    }

    /// The number of the next request; nil where the level has ended.
    private func next(_ records: Records) -> Int? {
        if case .duration(let duration) = limit, load.rate == nil, start.duration(to: .now) >= duration { return nil }
        return records.state.withLock { state in
            if case .requests(let count) = limit, state.next >= count { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    /// Sends a request and records it; returns when it ended, in seconds from the level's start.
    private func send(_ number: Int, scheduled: Double, into records: Records) async -> Double {
        let clock = ContentClock()
        let request: ProviderRequest
        let endpoint: Endpoint
        do { (request, endpoint) = try supply.request(firstNumber + number) } catch {
            let now = start.duration(to: .now).seconds
            let times = RequestTimes(scheduled: scheduled, sent: now, firstByte: nil, contents: [], end: now)
            add(
                RequestRecord(
                    times: times, error: error.message, errorKind: error.kind.rawValue, inputTokens: nil,
                    outputTokens: 0, tokenSource: .chunks), number, clock, into: records)
            return now
        }
        let begun = start.duration(to: .now).seconds
        let result = await transport.stream(request, to: endpoint, receiver: clock)
        func time(_ microseconds: Int64) -> Double { begun + Double(microseconds) / 1e6 }
        let contents = clock.contentMicroseconds.map(time)
        let times = RequestTimes(
            scheduled: scheduled, sent: time(result.queueMicroseconds ?? 0),
            firstByte: result.firstByteMicroseconds.map(time), contents: contents,
            end: time(result.durationMicroseconds))
        let reported = result.usage?.completionTokens
        var record = RequestRecord(
            times: times, inputTokens: result.usage?.promptTokens, outputTokens: reported ?? contents.count,
            tokenSource: reported == nil ? .chunks : .usage)
        if case .failed(let error) = result.outcome {
            record.error = error.message
            record.errorKind = error.kind.rawValue
        }
        add(record, number, clock, into: records)
        return start.duration(to: .now).seconds
    }

    private func add(_ record: RequestRecord, _ number: Int, _ clock: ContentClock, into records: Records) {
        records.state.withLock { state in
            state.records.append((number, record))
            state.chunks += clock.chunkCount
        }
    }
}

/// Records when each chunk of content of one stream came, and drops the text.
final class ContentClock: ChunkReceiver {
    private let times = Mutex<[Int64]>([])
    private let chunks = Atomic<Int>(0)

    /// Microseconds from the attempt's start, in their order; chunks of one read have the same.
    var contentMicroseconds: [Int64] { times.withLock { $0 } }

    /// All chunks, of any kind.
    var chunkCount: Int { chunks.load(ordering: .relaxed) }

    func receive(_ chunks: [StreamedChunk], atMicroseconds microseconds: Int64) -> Bool {
        self.chunks.add(chunks.count, ordering: .relaxed)
        times.withLock { times in
            for chunk in chunks where Self.isContent(chunk) { times.append(microseconds) }
        }
        return true
    }

    func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void) { resume() }

    /// What a reader would see: text, reasoning, calls.
    private static func isContent(_ chunk: StreamedChunk) -> Bool {
        switch chunk.kind {
        case .text, .reasoning, .refusal, .toolCall, .toolArguments: !chunk.text.isEmpty
        default: false
        }
    }
}
