import NIOHTTP1

/// What a path about stored runs means.
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
