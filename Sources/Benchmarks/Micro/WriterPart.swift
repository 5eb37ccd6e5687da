import BatchEngine
import BatchStore
import Dispatch
import Foundation
import LLMStreaming
import Synchronization

/// The writer alone: chunks of a thousand attempts, interleaved, from the queue to committed rows.
enum WriterPart {
    private static let attempts = 1_000

    /// Measures one round, opening and closing of the database left out.
    static func measure(events: Int) throws -> Meter.Reading {
        try waiting { try await round(events) }
    }

    private static func round(_ events: Int) async throws -> Meter.Reading {
        let folder = URL.temporaryDirectory.appending(path: "llm4s-benchmarks-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var options = StoreOptions()
        options.durability = .normal
        let database = try await BatchDatabase.open(folder.appending(path: "micro.db").path, options: options)
        let jobs = (0..<attempts).map { number in
            NewJob(
                customID: "job-\(number)", source: "micro", line: number + 1, provider: "mock", model: "m",
                requestSHA256: String(repeating: "0", count: 64), request: Array("{}".utf8), metadata: nil)
        }
        _ = try await database.ingest(jobs, onChanged: .error)
        let runID = try await database.beginRun(command: "micro", options: "{}", version: "0")
        let queue = database.queue(for: .all, runID: runID)
        let ids = (1...Int64(attempts)).map { job in
            queue.startAttempt(AttemptStart(jobID: job, number: 1, requestSHA256: "", startedMilliseconds: 0))
        }
        try await database.flush()
        let chunk = [StreamedChunk(.text, " stream")]
        let reading = try await Meter.measure(events: events, bytes: events * 7) {
            for number in 0..<events {
                let hasRoom = queue.storeChunks(
                    chunk, of: ids[number % attempts], from: number / attempts, atMicroseconds: Int64(number))
                if !hasRoom { await withCheckedContinuation { ready in queue.whenThereIsRoom { ready.resume() } } }
            }
            try await database.flush()
        }
        try await database.close()
        return reading
    }

    /// Waits for asynchronous work: the benchmark is a plain program.
    private static func waiting<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
        let box = Box<Value>()
        let done = DispatchSemaphore(value: 0)
        Task.detached {
            let result: Result<Value, any Error>
            do { result = .success(try await work()) } catch { result = .failure(error) }
            box.result.withLock { $0 = result }
            done.signal()
        }
        done.wait()
        guard let result = box.result.withLock({ $0 }) else { preconditionFailure("the work told no result") }
        return try result.get()
    }

    private final class Box<Value: Sendable>: Sendable {
        let result = Mutex<Result<Value, any Error>?>(nil)
    }
}
