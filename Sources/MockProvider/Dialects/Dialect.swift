import NIOCore

/// The API of a path: a further one is a case here, a renderer, and its checks.
enum Dialect: Sendable {
    /// OpenAI chat completions.
    case chat
    /// Anthropic Messages.
    case messages
    /// OpenAI Responses.
    case responses

    /// The name of the header for the request's id.
    var requestIDHeader: String {
        switch self {
        case .chat, .responses: "x-request-id"
        case .messages: "request-id"
        }
    }

    /// The beginning of a response's id.
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
                    "message": .string(failure.message), "type": .string(failure.chatType),
                    "param": failure.parameter.map(JSON.string) ?? nil,
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

/// Writes an answer in a dialect's form: as events, one step at a time, or as one JSON completion.
protocol AnswerRenderer: Sendable {
    /// Writes the events of a step.
    mutating func write(_ step: AnswerStep, to output: inout String)
    /// Writes the protocol's end without the usage and terminator of `AnswerStep.close`, after an error.
    mutating func writeError(_ failure: ProviderFailure, withDone: Bool, to output: inout String)
    /// Writes `AnswerStep.close` without its terminator.
    mutating func writeCloseWithoutDone(to output: inout String)
    /// Writes the events before a first text chunk, and returns that chunk's event without its text.
    mutating func openText(to output: inout String) -> (before: String, after: String)
    /// Leaves out the events up to a sequence number, where the dialect numbers its events.
    mutating func skipEvents(through sequence: Int)
    /// The answer as one JSON completion.
    var completion: JSON { get }
}

extension AnswerRenderer {
    mutating func skipEvents(through sequence: Int) {}
}
