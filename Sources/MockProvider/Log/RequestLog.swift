import Foundation
import Synchronization

/// A file with one line of JSON for each request, written when its response has ended.
final class RequestLog: Sendable {
    /// Headers with a key, which are not written.
    private static let secret: Set = ["authorization", "x-api-key", "api-key", "proxy-authorization"]

    private let file: Mutex<FileHandle>

    /// Opens a file to append to, and creates it where it is missing.
    ///
    /// - Throws: An error of the file system.
    init(path: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        file = Mutex(FileHandle(fileDescriptor: descriptor, closeOnDealloc: true))
    }

    func write(_ request: MockRequest, _ response: ResponseRecord) {
        let line = Self.line(of: request, response).text + "\n"
        // A log that cannot be written fails its reader's test; the server goes on.
        file.withLock { try? $0.write(contentsOf: Data(line.utf8)) }
    }

    private static func line(of request: MockRequest, _ response: ResponseRecord) -> JSON {
        let headers = request.headers.filter { !secret.contains($0.name.lowercased()) }
            .map { (key: $0.name.lowercased(), value: JSON.string($0.value)) }
        let now = Int(Date().timeIntervalSince1970 * 1_000)
        let duration = Int((ContinuousClock.now - request.received) / .milliseconds(1))
        return .object([
            ("request", .number(String(request.number))), ("connection", .number(String(request.connection))),
            ("time_ms", .number(String(now - duration))), ("duration_ms", .number(String(duration))),
            ("method", .string(request.method)), ("path", .string(request.path)), ("model", .string(request.model)),
            ("headers", .object(headers)), ("body", .string(request.bodyText)),
            ("status", response.status.map { .number(String($0)) } ?? nil),
            ("ending", .string(response.ending.rawValue)), ("response_id", response.responseID.map(JSON.string) ?? nil),
            ("sent_bytes", .number(String(response.body.count))), ("sent", .string(wholeCharacters(of: response.body))),
            ("text", .string(response.text)),
            ("billed_prompt_tokens", .number(String(response.billedPromptTokens))),
            ("billed_output_tokens", .number(String(response.billedOutputTokens))),
        ])
    }

    /// The bytes as text, without the part of a character that a cut leaves at their end.
    private static func wholeCharacters(of bytes: [UInt8]) -> String {
        for dropped in 0...min(3, bytes.count) {
            if let text = String(bytes: bytes.dropLast(dropped), encoding: .utf8) { return text }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What was sent for a request, and what a provider would bill for it.
package struct ResponseRecord: Sendable, Hashable {
    /// How a response came to its end.
    package enum Ending: String, Sendable, Hashable {
        case complete
        case cut
        case reset
        /// The client closed the connection first; also where the response was silent or its body left open.
        case closedByClient = "closed_by_client"
        /// The connection was closed without a response.
        case dropped
    }

    /// The status; nil where there was no head.
    package let status: Int?
    package let ending: Ending
    /// The answer's id; nil of an error.
    package let responseID: String?
    /// The bytes of the body that were handed to the socket; the client may have received fewer if the connection closed.
    package let body: [UInt8]
    /// The text of the first choice in the events that were sent whole, apart from a blank line; of a replay, with what is
    /// before it.
    package let text: String
    /// The tokens of the prompt that are billed.
    package let billedPromptTokens: Int
    /// The output tokens that are billed, reasoning included.
    ///
    /// The sum over all requests is what was paid: a run that goes on without its client is billed whole where its
    /// response ends, and a request that cancels it has the rest with a minus sign.
    package let billedOutputTokens: Int

    /// The record of a request without a response.
    static func none(_ ending: Ending) -> ResponseRecord {
        ResponseRecord(
            status: nil, ending: ending, responseID: nil, body: [], text: "", billedPromptTokens: 0,
            billedOutputTokens: 0)
    }
}

/// What a response is billed by: the answer in it, and which of its tokens the provider bills.
struct ResponseAccount: Sendable {
    /// Which output tokens are billed.
    enum Bill: Sendable {
        case nothing
        /// Those generated until the response ended.
        case generated
        /// Those of a run that goes on without its client until it is cancelled.
        case run(StoredRun)
    }

    /// The response's id in its dialect's form.
    var responseID: String?
    /// The answer; nil for an error.
    var answer: Answer?
    var bill = Bill.nothing
    /// Tokens that were billed before and are given back, because this request cancelled a run.
    var refundedTokens = 0

    /// The record of a response that has ended.
    ///
    /// - Parameters:
    ///   - status: The HTTP status.
    ///   - ending: How the response ended.
    ///   - body: The bytes that were handed to the socket.
    ///   - chunksSent: Chunks whose events were sent whole.
    ///   - chunksGenerated: Chunks that were generated for this response, sent or not.
    func record(
        status: Int, ending: ResponseRecord.Ending, body: [UInt8], chunksSent: Int, chunksGenerated: Int
    ) -> ResponseRecord {
        let billed =
            switch bill {
            case .nothing: 0
            case .generated: answer?.progress(chunks: chunksGenerated).tokens ?? 0
            case .run(let run): run.billTokens()
            }
        let isBilled = if case .nothing = bill { false } else { true }
        return ResponseRecord(
            status: status, ending: ending, responseID: responseID, body: body,
            text: answer?.progress(chunks: chunksSent).text ?? "",
            billedPromptTokens: isBilled ? answer?.promptTokens ?? 0 : 0, billedOutputTokens: billed - refundedTokens)
    }
}
