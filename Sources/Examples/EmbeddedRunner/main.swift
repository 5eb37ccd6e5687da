// The runner inside a program of your own: jobs in, answers out, and running it again does only what is left.
//
//     MOCK_BASE_URL=… swift run EmbeddedRunner jobs/quickstart.jsonl answers.db
import Foundation
import LLM4SBatch

let arguments = CommandLine.arguments.dropFirst()
guard let file = arguments.first, let database = arguments.dropFirst().first else {
    print("usage: EmbeddedRunner JOBS.jsonl ANSWERS.db")
    exit(2)
}

var batch = BatchRunner(database: database)
batch.options.concurrency = 8
batch.options.model = "mock/assistant"

do {
    let report = try await batch.run([file]) { event in
        switch event {
        case .completed(let id, let text): print("done: \(id), \(text.utf8.count) bytes")
        case .failed(let id, let error): print("failed: \(id): \(error.kind.rawValue)")
        case .retrying(let id, let error): print("again: \(id): \(error.kind.rawValue)")
        case .warning(let text): print("note: \(text)")
        }
    }
    for try await answer in batch.answers() {
        let text = answer.content ?? "no answer: \(answer.error ?? "")"
        print("\(answer.id): \(text.split(separator: " ").count) words, \(answer.segments) segments")
    }
    print("\(report.completed) completed, \(report.failed) failed, \(report.left) left, \(report.attempts) sent")
} catch {
    print(error)
    exit(error.kind == .database ? 3 : 2)
}
