import MockProvider
import Testing

/// The paths of the dialects.
enum TestDialect: String, CaseIterable, Sendable {
    case chat = "/v1/chat/completions"
    case messages = "/v1/messages"
    case responses = "/v1/responses"

    /// A request body.
    ///
    /// Texts are put in verbatim, so they must need no escape.
    func body(
        model: String = "m", user: String = "Tell me.", assistant: String? = nil, isStreaming: Bool = true,
        more: String = ""
    ) -> String {
        let last = assistant.map { #",{"role":"assistant","content":"\#($0)"}"# } ?? ""
        let limit = self == .messages ? #""max_tokens":100000,"# : ""
        return """
            {"model":"\(model)",\(limit)\(more)"stream":\(isStreaming),\
            "\(self == .responses ? "input" : "messages")":[{"role":"user","content":"\(user)"}\(last)]}
            """
    }

    /// The text of a streamed answer.
    func text(of response: WireResponse) -> String {
        switch self {
        case .chat: response.chatText()
        case .messages: response.messageText
        case .responses: response.responseText
        }
    }

    /// The text of the last data event's finish or stop reason.
    func finish(of response: WireResponse) -> String? {
        switch self {
        case .chat: response.strings(at: "choices.0.finish_reason").last
        case .messages: response.strings(at: "delta.stop_reason").last
        case .responses: response.strings(at: "response.status").last { $0 != "queued" && $0 != "in_progress" }
        }
    }
}

/// Runs `body` with a server and stops it afterwards.
func withServer<Result>(
    _ configuration: MockConfiguration = .init(), _ body: (MockServer) async throws -> Result
) async throws -> Result {
    let server = try await MockServer.start(configuration)
    do {
        let result = try await body(server)
        await server.stop()
        return result
    } catch {
        await server.stop()
        throw error
    }
}

/// Runs `body` with a server of which requests are kept.
func withRecordingServer<Result>(_ body: (MockServer) async throws -> Result) async throws -> Result {
    var configuration = MockConfiguration()
    configuration.recordsRequests = true
    return try await withServer(configuration, body)
}

extension MockServer {
    /// Sends one request on a connection of its own and reads its response.
    func post(
        _ dialect: TestDialect, _ body: String, query: String = "", headers: [(String, String)] = []
    ) async throws -> WireResponse {
        let connection = try await WireConnection.open(port: port)
        let version = dialect == .messages ? [("anthropic-version", "2023-06-01")] : []
        try await connection.post(dialect.rawValue + query, body: body, headers: version + headers)
        let response = await connection.response()
        try? await connection.close()
        return response
    }
}

/// Waits for a condition on what another thread counts; fails after 20 seconds.
func waitUntil(
    _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record(what, sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(1))
    }
}
