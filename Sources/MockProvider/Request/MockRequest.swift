import Foundation
import NIOHTTP1

/// A request that the mock received: a script decides by it, and a test reads it afterwards.
package struct MockRequest: Sendable {
    /// The number among the server's requests for answers and stored runs, from 0.
    package let number: Int
    /// When its last byte was received.
    package let received: ContinuousClock.Instant
    package let method: String
    /// The path with its query, as it was sent.
    package let path: String
    /// The headers in their order.
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
    /// The number of its connection, from 0.
    package let connection: Int
    /// The body's model; empty where the body could not be read.
    package let model: String
    /// The text of the last user message; empty where there is none.
    package let lastUserText: String
    /// Bytes of the response's body that were handed to the kernel.
    package internal(set) var bodyBytesWritten = 0
    /// Whether the client closed the connection before the end of the response.
    package internal(set) var wasClosedByClient = false
    /// What was sent; nil before the response's end, and unless `recordsResponses` is set.
    package internal(set) var response: ResponseRecord?

    /// The first value of a header, by its name in any case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The body as text.
    package var bodyText: String { String(decoding: body, as: UTF8.self) }
}

extension MockRequest {
    /// A request as it came over a connection.
    init(number: Int, head: HTTPRequestHead, bytes: [UInt8], body: ReceivedBody?, connection: Int) {
        let read: AnswerRequest? = if case .read(let read) = body { read } else { nil }
        self.init(
            number: number, received: .now, method: head.method.rawValue, path: head.uri,
            headers: head.headers.map { ($0.name, $0.value) }, body: bytes, connection: connection,
            model: read?.model ?? "", lastUserText: read?.lastUserText ?? "")
    }
}

/// A request's body after reading: its members, or why it could not be read.
enum ReceivedBody {
    case read(AnswerRequest)
    case unreadable(ProviderFailure)

    init(_ bytes: [UInt8]) {
        do {
            self = .read(try JSONDecoder().decode(AnswerRequest.self, from: Data(bytes)))
        } catch let error as DecodingError {
            self = .unreadable(ProviderFailure(status: 400, message: Self.reason(of: error)))
        } catch {
            self = .unreadable(ProviderFailure(status: 400, message: Self.notJSON))
        }
    }

    private static let notJSON = "We could not parse the JSON body of your request."

    private static func reason(of error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context):
            "\(path(context.codingPath + [key])): Field required"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(path(context.codingPath)): Input does not match the expected shape."
        default: notJSON
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
}
