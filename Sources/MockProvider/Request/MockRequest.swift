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
    /// Whether it came over HTTP/2, as one stream of several on its connection.
    package let isHTTP2: Bool
    /// The body's model; empty where the body could not be read.
    package let model: String
    /// The text of the last user message; empty where there is none.
    package let lastUserText: String
    /// Bytes of the response's body that were handed to the kernel.
    package internal(set) var bodyBytesWritten = 0
    /// Whether the client closed the connection, or reset the stream, before the end of the response.
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
            isHTTP2: head.version.major == 2, model: read?.model ?? "", lastUserText: read?.lastUserText ?? "")
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

/// What a request is for, by its path.
enum Route: Equatable {
    case health
    case metrics
    case models
    case answer(Dialect)
    case storedRun(StoredRunPlace)
    case control
    case unknown

    /// - Parameter path: Without the query. Only the end counts, so that any prefix (`/v1`, `/openai/deployments/x`) works.
    init(path: Substring) {
        if path.hasSuffix("/chat/completions") {
            self = .answer(.chat)
        } else if path.hasSuffix("/messages") {
            self = .answer(.messages)
        } else if path.hasSuffix("/responses") {
            self = .answer(.responses)
        } else if let place = StoredRunPlace(path: path) {
            self = .storedRun(place)
        } else if path.hasSuffix("/models") {
            self = .models
        } else if path == "/mock/control" {
            self = .control
        } else if path == "/health" {
            self = .health
        } else if path == "/metrics" {
            self = .metrics
        } else {
            self = .unknown
        }
    }
}

/// What a path of stored runs means.
enum StoredRunPlace: Equatable {
    /// llama.cpp's stream of a conversation, `/v1/stream?conv_id=ID`.
    case conversation
    /// A response of the Responses API, `/v1/responses/ID`.
    case response(id: String)
    /// `/v1/responses/ID/cancel`.
    case cancellation(id: String)

    func takes(_ method: HTTPMethod) -> Bool {
        switch self {
        case .conversation, .response: method == .GET || method == .DELETE
        case .cancellation: method == .POST
        }
    }

    /// - Parameter path: Without the query.
    init?(path: Substring) {
        let parts = path.split(separator: "/")
        if parts.last == "stream" {
            self = .conversation
        } else if let place = parts.lastIndex(of: "responses") {
            switch parts[(place + 1)...].map(String.init) {
            case let rest where rest.count == 1: self = .response(id: rest[0])
            case let rest where rest.count == 2 && rest[1] == "cancel": self = .cancellation(id: rest[0])
            default: return nil
            }
        } else {
            return nil
        }
    }
}

/// The query of a path, with its values percent-decoded.
struct PathQuery {
    private let items: [(name: Substring, value: String)]

    init(path: String) {
        let query = path.firstIndex(of: "?").map { path[path.index(after: $0)...] } ?? ""
        items = query.split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (parts[0], parts.count > 1 ? parts[1].percentDecoded() : "")
        }
    }

    /// The first value of a name.
    subscript(name: String) -> String? { items.first { $0.name == name }?.value }
}
