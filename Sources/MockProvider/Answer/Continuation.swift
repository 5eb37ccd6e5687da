/// From where an answer goes on: what the request's last messages ask for, and what the behaviour makes of it.
///
/// WIRE sections 6 and 8.
struct Continuation {
    /// How the rest of the text is joined to what is there.
    enum Joint: Sendable {
        case exact
        case echo
        case dropSpace
        case doubleSpace
        /// So many words before the seam are said again.
        case overlap(words: Int)
    }

    /// The user message whose answer is being given.
    let userText: String
    /// The text that is there already, with the joint to it; nil when the answer begins at its start.
    let rest: (prefix: String, joint: Joint)?

    /// - Parameter modelName: The model's name without its options.
    init(
        of body: AnswerRequest, dialect: Dialect, modelName: String, behavior: MockBehavior
    ) throws(ProviderFailure) {
        if let last = body.trailingAssistant {
            userText = body.lastUserText
            let grant = PrefillGrant(body: body, last: last, dialect: dialect, modelName: modelName)
            let joint = try grant.joint(for: behavior)
            rest = joint.map { (last.text, $0) }
        } else if let asked = body.unfinishedTurn(modelName: modelName, behavior: behavior) {
            switch behavior.seam {
            case .anew: (userText, rest) = (body.lastUserText, nil)
            case .whole: (userText, rest) = (asked.userText, nil)
            case .bare: (userText, rest) = (asked.userText, (asked.partial, .dropSpace))
            case .words(0): (userText, rest) = (asked.userText, (asked.partial, .exact))
            case .words(let words): (userText, rest) = (asked.userText, (asked.partial, .overlap(words: words)))
            }
        } else {
            (userText, rest) = (body.lastUserText, nil)
        }
    }

    /// The words that are sent of a text: all, unless it begins with the prefix.
    func words(of text: AnswerText) -> AnswerWords {
        guard let rest, let words = AnswerWords(text, after: rest.prefix) else { return AnswerWords(text) }
        return switch rest.joint {
        case .exact: words
        case .echo: words.echoing(rest.prefix)
        case .dropSpace: words.droppingFirstSpace()
        case .doubleSpace: words.doublingFirstSpace()
        case .overlap(let count): words.repeating(lastWords: count)
        }
    }
}

extension AnswerRequest {
    /// The turn before the last user message, if the assistant's message in it is a part of the mock's own answer.
    ///
    /// A whole answer is none: after it the last user message is a new question.
    func unfinishedTurn(modelName: String, behavior: MockBehavior) -> (userText: String, partial: String)? {
        let turn = turns.suffix(3)
        guard turn.map(\.role) == ["user", "assistant", "user"], let asked = turn.first else { return nil }
        let partial = turn[turn.startIndex + 1].text
        let text = AnswerText(lastUserText: asked.text, model: modelName, behavior: behavior)
        guard !partial.isEmpty, let rest = AnswerWords(text, after: partial), rest.count > 0 else { return nil }
        return (asked.text, partial)
    }
}
