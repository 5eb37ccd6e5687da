import NIOHTTP1

/// What a request is for, by its path.
enum Route: Equatable {
    case health
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
