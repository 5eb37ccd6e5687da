import Foundation
import LLMStreaming

/// `bench --self`: the program against a source of load of its own, with the database off, normal and full.
struct SelfBench: Sendable {
    var load: SelfLoad
    var window: Duration

    /// Measures each way of storing in a process of its own.
    func run() async throws -> SelfReport {
        let directory = URL.temporaryDirectory.appending(path: "llm4s-batch-bench-\(UUID().uuidString)")
        let cleanup = try BenchCleanup {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            return { try? FileManager.default.removeItem(at: directory) }
        }
        defer {
            cleanup.done()
            try? FileManager.default.removeItem(at: directory)
        }
        let source = try BenchProcess(["mock", "--load"], core: 1)
        guard let url = await source.line() else { throw Exit(.input, "bench: the source of load did not start") }
        var report = SelfReport(load: load, isPinned: BenchProcess.isPinning)
        do {
            for store in SelfClient.Store.allCases {
                Console.log(.info, "measuring with the database \(SelfReport.title(store)) …")
                let plain = try await measure(store, model: load.model, at: url, source, directory)
                // Reading the stamps costs the client: what it costs is measured without.
                let stamped = try await measure(store, model: load.stampedModel, at: url, source, directory)
                report.columns.append(SelfReport.Column(store: store, plain: plain, stamped: stamped))
            }
        } catch {
            await source.stop()
            throw error
        }
        await source.stop()
        return report
    }

    private func measure(
        _ store: SelfClient.Store, model: String, at url: String, _ source: BenchProcess, _ directory: URL
    ) async throws -> JSONObject {
        let database = directory.appending(path: "\(UUID().uuidString).db").path
        let client = try BenchProcess(
            [
                "bench-client", "--base-url", url, "--model", model, "--streams", "\(load.streams)", "--store",
                store.rawValue, "--db", database, "--window", "\(Int(window.inSeconds * 1000))ms", "--settle",
                "\(Int(min(1, window.inSeconds) * 1000))ms", "--source",
                "\(source.processIdentifier)", "--prompt-bytes", "\(load.promptBytes)", "--jobs", "\(load.jobs)",
            ], core: 0)
        let line = await client.line()
        await client.stop()
        guard let line, let object = (try? JSONParser.parse(Array(line.utf8)))?.object else {
            throw Exit(.jobFailed, "bench: the measured client ended without figures")
        }
        for ending in ["", "-wal", "-shm", ".lock"] { try? FileManager.default.removeItem(atPath: database + ending) }
        return object
    }
}
