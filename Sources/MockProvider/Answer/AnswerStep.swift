/// One step of an answer, in no dialect's words; a renderer writes it as one event or several.
enum AnswerStep: Sendable {
    /// The opening: the role of each choice, or `message_start`.
    case open
    case reasoning(String)
    case text(choice: Int, String)
    case refusal(choice: Int, String)
    /// A tool call's id and name.
    case toolCall(choice: Int, ToolCall)
    case toolArguments(choice: Int, String)
    /// The finish reason of a choice.
    case finish(choice: Int)
    /// Usage and the protocol's end.
    case close
}
