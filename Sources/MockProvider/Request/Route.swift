/// What a request asks for, by its path.
enum Route: Equatable {
    case health
    case models
    case answer(Dialect)
    case storedRun(StoredRunPlace)
    case control
    case unknown

    /// - Parameter path: Without the query. Only its end counts, so that any prefix (`/v1`, `/openai/deployments/x`) works.
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
