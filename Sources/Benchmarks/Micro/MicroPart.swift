import ArgumentParser
import BatchEngine
import BatchStore
import Dispatch
import Foundation
import LLMStreaming
import ServerSentEvents
import Synchronization

/// A part of an event's way that is measured alone.
enum MicroPart: String, CaseIterable, ExpressibleByArgument {
    case sse, chat, responses, messages, accumulator
    case chatHandler = "chat-handler"
    case responsesHandler = "responses-handler"
    case messagesHandler = "messages-handler"
    case writer
    case jobLine = "job-line"

    /// What it is.
    var title: String {
        switch self {
        case .sse: "SSE parser, chat completions in reads of 2 KB"
        case .chat: "decoder of chat completions"
        case .responses: "decoder of Responses"
        case .messages: "decoder of Messages"
        case .accumulator: "accumulator"
        case .chatHandler: "chat completions: bytes to accumulated chunks"
        case .responsesHandler: "Responses: bytes to accumulated chunks"
        case .messagesHandler: "Messages: bytes to accumulated chunks"
        case .writer: "writer: chunks to committed rows, durability normal"
        case .jobLine: "job lines of 1 KB: parse, check, hash"
        }
    }

    /// How many events a round has.
    var events: Int {
        switch self {
        case .writer: 400_000
        case .jobLine: 40_000
        default: 200_000
        }
    }

    /// Measures one round.
    func measure(events: Int) throws -> Meter.Reading {
        switch self {
        case .sse: try parse(Recording(.openAIChat, pieces: events))
        case .chat: try decode(Recording(.openAIChat, pieces: events))
        case .responses: try decode(Recording(.openAIResponses, pieces: events))
        case .messages: try decode(Recording(.anthropicMessages, pieces: events))
        case .accumulator: accumulate(events)
        case .chatHandler: try handle(Recording(.openAIChat, pieces: events), "vllm")
        case .responsesHandler: try handle(Recording(.openAIResponses, pieces: events), "openai")
        case .messagesHandler: try handle(Recording(.anthropicMessages, pieces: events), "anthropic")
        case .writer: try WriterPart.measure(events: events)
        case .jobLine: try readLines(events)
        }
    }

    private func parse(_ recording: Recording) throws -> Meter.Reading {
        let reads = recording.reads
        var count = 0
        let reading = try Meter.measure(events: recording.events, bytes: recording.bytes.count) {
            var parser = SSEParser()
            for read in reads {
                parser.append(read.span)
                while try parser.nextEvent() != nil { count += 1 }
            }
        }
        precondition(count == recording.events, "\(count) events of \(recording.events)")
        return reading
    }

    private func decode(_ recording: Recording) throws -> Meter.Reading {
        let events = try recording.parsed()
        let bytes = events.reduce(0) { $0 + $1.data.count }
        var count = 0
        let reading = try Meter.measure(events: events.count, bytes: bytes) {
            var decoder = StreamDecoder(recording.dialect, choices: 1, omitsFinishReason: false)
            var chunks: [StreamedChunk] = []
            for event in events {
                chunks.removeAll(keepingCapacity: true)
                try decoder.decode(event, into: &chunks)
                count += chunks.count
            }
        }
        precondition(count >= events.count - 8, "\(count) chunks of \(events.count) events")
        return reading
    }

    private func accumulate(_ count: Int) -> Meter.Reading {
        let chunks = (0..<count).map { StreamedChunk(.text, $0 % 10 == 9 ? " café\n" : " stream") }
        let bytes = chunks.reduce(0) { $0 + $1.text.utf8.count }
        return Meter.measure(events: count, bytes: bytes) {
            var accumulator = StreamingAccumulator()
            for chunk in chunks { accumulator.add(chunk) }
            precondition(accumulator.byteCount >= bytes)
        }
    }

    /// The way of a stream's bytes on its event loop, without HTTP.
    private func handle(_ recording: Recording, _ provider: String) throws -> Meter.Reading {
        guard let provider = ProviderCatalog()[provider] else { preconditionFailure("no \(provider)") }
        let reads = recording.reads
        return try Meter.measure(events: recording.events, bytes: recording.bytes.count) {
            var handler = StreamingResponseHandler(provider: provider, choices: 1, dialect: recording.dialect)
            var chunks: [StreamedChunk] = []
            for read in reads {
                chunks.removeAll(keepingCapacity: true)
                try handler.receive(read.span, into: &chunks)
            }
            precondition(handler.isAnswered, "the recording is no whole answer")
        }
    }

    private func readLines(_ count: Int) throws -> Meter.Reading {
        let text = String(repeating: "lorem ipsum ", count: 75)
        let lines = (0..<count).map { number in
            Array(
                #"{"id":"line-\#(number)","model":"mock/echo","messages":[{"role":"user","content":"\#(text)\#(number)"}]}"#
                    .utf8)
        }
        let parser = JobLineParser(defaults: try InputDefaults())
        return try Meter.measure(events: count, bytes: lines.reduce(0) { $0 + $1.count }) {
            for line in lines {
                let parsed = try parser.parse(line)
                precondition(!parsed.hash.hexadecimal.isEmpty)
            }
        }
    }
}

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
