import ArgumentParser
import BatchEngine
import BatchStore
import Foundation
import LLM4S
import LLM4SBatch
import LLMStreaming
import LoadTesting
import Synchronization

/// Keeps streams open with the runner, its transport and its store, as `run` does, and measures this process meanwhile.
struct StreamClient: Sendable {
    /// Where chunks go.
    enum Store: String, Sendable, CaseIterable {
        /// Nowhere.
        case none
        /// A database whose commits are not synced.
        case normal
        /// A database whose commits are synced.
        case full
    }

    var baseURL: String
    var model: String
    var streams: Int
    var store: Store
    var databasePath: String
    var jobs: Int
    var settle: Duration
    var window: Duration
    var promptBytes: Int
    var untilChunks: Int?
    var caFile: String?
    /// The process of the source, to know how busy it is.
    var source: Int32?

    private static let provider = "vllm"
    private static let pollInterval = Duration.milliseconds(5)

    /// Runs until the window has passed; the streams are left open.
    func measure() async throws -> ClientFigures {
        guard let provider = ProviderCatalog()[Self.provider] else { preconditionFailure("no \(Self.provider)") }
        let endpoint = try Endpoint(provider: provider, baseURL: baseURL, environment: [:])
        let commits = CommitLog()
        let isStamped = model.contains("+stamp")
        let store = MeasuringStore(
            try await jobStore(commits), isStamped: isStamped, isCommitted: self.store != .none)
        commits.connect(store)
        var transportConfiguration = TransportConfiguration()
        transportConfiguration.caFile = caFile
        // As in a run; where each event's age is measured, as in one with --latency low.
        transportConfiguration.gathersReads = !isStamped
        let transport = StreamingTransport(configuration: transportConfiguration)
        var configuration = RunConfiguration()
        configuration.concurrency = streams
        // The transport has a ramp of its own.
        configuration.ramp.step = .zero
        let runner = JobRunner(
            store: store, source: transport, pools: [Self.provider: EndpointPool(endpoint)],
            configuration: configuration,
            clock: ContinuousClock(), unixMilliseconds: { Int64(Date().timeIntervalSince1970 * 1000) })
        let residentBefore = ProcessUsage.residentKilobytes
        let isEnded = Ended()
        Task {
            _ = await runner.run()
            isEnded.value.store(true, ordering: .relaxed)
        }
        while store.begunCount < streams {
            try await Task.sleep(for: Self.pollInterval)
            guard await runner.snapshot.failed == 0 else {
                throw ValidationError("a stream from \(baseURL) failed; is it a source of load?")
            }
            try isEnded.check()
        }
        try await Task.sleep(for: settle)
        var figures = ClientFigures(client: "llm4s-batch --durability \(self.store.rawValue)", streams: streams)
        figures.residentBeforeKilobytes = residentBefore
        store.open()
        commits.open()
        try await take(into: &figures, from: runner, isEnded)
        // A short window may have no commit and no stamped chunk.
        while self.store != .none, commits.count == 0 || isStamped && store.agedCount == 0 {
            try await Task.sleep(for: Self.pollInterval)
            try isEnded.check()
        }
        figures.commits = commits.close()
        figures.ages = isStamped ? store.close() : nil
        figures.residentKilobytes = ProcessUsage.residentKilobytes
        figures.peakResidentKilobytes = ProcessUsage.peakResidentKilobytes
        figures.requests = store.begunCount
        figures.connections = transport.statistics.connectionsOpen
        return figures
    }

    /// Measures one window, or parts of equal chunks.
    private func take(into figures: inout ClientFigures, from runner: JobRunner, _ isEnded: Ended) async throws {
        let parts = 20
        var mark = await Mark(runner, source)
        let first = mark
        if let untilChunks {
            for part in 1...parts {
                let target = untilChunks / parts * part
                while await runner.snapshot.chunks < target {
                    try await Task.sleep(for: Self.pollInterval)
                    try isEnded.check()
                }
                let next = await Mark(runner, source)
                figures.parts.append(next.since(mark))
                mark = next
            }
        } else {
            try await Task.sleep(for: window)
            mark = await Mark(runner, source)
            // On a busy machine a short window may have no event; figures by event need some.
            while mark.chunks - first.chunks < streams {
                // Idle time must not count as slowness.
                try isEnded.check()
                try await Task.sleep(for: Self.pollInterval)
                mark = await Mark(runner, source)
            }
            try isEnded.check()
        }
        figures.span = mark.since(first)
    }

    private func jobStore(_ commits: CommitLog) async throws -> any JobStore {
        let request = JSON.object(
            JSONObject([.init(key: "prompt", value: .string(String(repeating: "x", count: promptBytes)))])
        ).bytes
        guard store != .none else {
            return ForgetfulStore(model: ModelName(provider: Self.provider, model: model), request: request)
        }
        var options = StoreOptions()
        options.durability = store == .full ? .full : .normal
        options.didCommit = { commits.add($0) }
        options.warn = { Report.note($0) }
        options.didFail = { Report.note("\($0)") }
        let database = try await BatchDatabase.open(databasePath, options: options)
        let page = 10_000
        for start in stride(from: 0, to: jobs, by: page) {
            let new = (start..<min(jobs, start + page)).map { number in
                NewJob(
                    customID: "bench-\(number)", source: "bench", line: number + 1, provider: Self.provider,
                    model: model, requestSHA256: String(repeating: "0", count: 64), request: request, metadata: nil)
            }
            _ = try await database.ingest(new, onChanged: .error)
        }
        let runID = try await database.beginRun(command: "bench", options: "{}", version: "0")
        return database.queue(for: .all, runID: runID)
    }

    /// Whether the run is over: its jobs ran out, or its store failed.
    private final class Ended: Sendable {
        let value = Atomic(false)

        func check() throws {
            guard value.load(ordering: .relaxed) else { return }
            throw ValidationError("the streams ended before the window; give a shorter --duration")
        }
    }

    /// The counters of the process at one time.
    private struct Mark {
        let time = ContinuousClock.now
        let cpu = ProcessUsage.cpuTime
        let sourceCPU: Duration?
        let chunks: Int

        init(_ runner: JobRunner, _ source: Int32?) async {
            sourceCPU = source.flatMap(ProcessUsage.cpuTime(of:))
            chunks = await runner.snapshot.chunks
        }

        func since(_ start: Mark) -> ClientFigures.Span {
            var span = ClientFigures.Span(
                chunks: chunks - start.chunks, wall: start.time.duration(to: time), cpu: cpu - start.cpu)
            if let sourceCPU, let before = start.sourceCPU { span.sourceCPU = sourceCPU - before }
            return span
        }
    }
}
