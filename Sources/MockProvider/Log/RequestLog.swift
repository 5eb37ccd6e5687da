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
