import NIOCore

/// The API that a path speaks: a further one is a case here, a renderer, and its checks.
enum Dialect: Sendable {
    /// OpenAI chat completions.
    case chat
    /// Anthropic Messages.
    case messages
    /// OpenAI Responses.
    case responses

    /// The name of the header with the request's id.
    var requestIDHeader: String {
        switch self {
        case .chat, .responses: "x-request-id"
        case .messages: "request-id"
        }
    }

    /// What a response's id begins with.
    var responseIDPrefix: String {
        switch self {
        case .chat: "chatcmpl-"
        case .messages: "msg_"
        case .responses: "resp_"
        }
    }

    /// A renderer of one answer's events.
    func renderer(of answer: Answer, reportsUsageInStream: Bool, behavior: MockBehavior) -> any AnswerRenderer {
        switch self {
        case .chat:
            ChatRenderer(answer: answer, reportsUsage: reportsUsageInStream, behavior: behavior)
        case .messages: MessagesRenderer(answer: answer)
        case .responses: ResponsesRenderer(answer: answer, behavior: behavior)
        }
    }

    /// The body of an error response.
    func body(of failure: ProviderFailure, requestID: String) -> JSON {
        switch self {
        case .chat, .responses:
            return [
                "error": [
                    "message": .string(failure.message), "type": .string(failure.chatType), "param": nil,
                    "code": failure.chatCode.map(JSON.string) ?? nil,
                ]
            ]
        case .messages:
            return [
                "type": "error",
                "error": ["type": .string(failure.messagesType), "message": .string(failure.message)],
                "request_id": .string(requestID),
            ]
        }
    }
}
