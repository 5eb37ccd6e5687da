/// Where in a job line an object stands, for messages.
enum LinePlace: Sendable {
    case line
    case options
    case extraBody
    case body
    case params
    case message(Int)
    case part(Int, message: Int)
    case toolCall(Int, message: Int)
    case function(toolCall: Int, message: Int)

    /// The path of the object in the line; empty for the line itself.
    var path: String {
        switch self {
        case .line: ""
        case .options: "options"
        case .extraBody: "extra_body"
        case .body: "body"
        case .params: "params"
        case .message(let index): "messages[\(index)]"
        case .part(let index, let message): "messages[\(message)].content[\(index)]"
        case .toolCall(let index, let message): "messages[\(message)].tool_calls[\(index)]"
        case .function(let index, let message): "messages[\(message)].tool_calls[\(index)].function"
        }
    }

    /// What follows a field's name in a message: nothing, or ` in options`.
    var suffix: String { path.isEmpty ? "" : " in \(path)" }
}
