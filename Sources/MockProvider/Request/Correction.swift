extension AnswerRequest {
    /// The beginning of a message that asks to correct an answer.
    static let correctionOpening = "Your previous response is not valid"

    /// The text of the user message that is answered: the last one that asks for no correction.
    ///
    /// So the answer to a correction is that of the first attempt, but without its fault.
    var question: String { question(in: turns[...]) }

    /// How many messages ask to correct an answer.
    var corrections: Int { turns.count { $0.asksToCorrect } }

    func question(in turns: ArraySlice<RequestMessage>) -> String {
        let answered = turns.last?.role == "assistant" ? turns.dropLast() : turns
        return answered.dropLast(correctionMessages(in: answered)).last { $0.role == "user" }?.text ?? ""
    }

    /// The messages at the end of a conversation that are rejected answers and the requests to correct them.
    ///
    /// Of a rejected tool call the outputs belong to it; a Responses answer may be several items.
    func correctionMessages(in turns: ArraySlice<RequestMessage>) -> Int {
        var rest = turns
        while rest.last?.asksToCorrect == true {
            var before = rest
            while before.last?.asksToCorrect == true { before.removeLast() }
            while before.last?.role == "tool" { before.removeLast() }
            guard before.last?.role == "assistant" else { break }
            while before.last?.role == "assistant" { before.removeLast() }
            rest = before
        }
        return turns.count - rest.count
    }
}

extension RequestMessage {
    /// Whether one of its texts begins as a request to correct an answer does.
    fileprivate var asksToCorrect: Bool {
        guard role == "user" || role == "tool" else { return false }
        return content?.texts.contains { $0.hasPrefix(AnswerRequest.correctionOpening) } ?? false
    }
}

extension RequestContent {
    /// The texts of its parts.
    fileprivate var texts: [String] {
        switch self {
        case .text(let text): [text]
        case .parts(let parts): parts.map { $0.text ?? $0.content?.text ?? "" }
        }
    }
}
