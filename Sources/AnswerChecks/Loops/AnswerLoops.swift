package import LLMStreaming

/// Loops of a whole answer: its text, its thinking and the arguments of each tool call are looked through apart.
package enum AnswerLoops {
    /// The first loop of an answer.
    ///
    /// - Returns: it and its part: `content`, `thinking` or `tool call 0 (name)`, with `choice 1, ` before it where it is
    ///   not of the first choice; nil where there is none.
    package static func first(in completion: Completion) -> (part: String, loop: RepeatedText)? {
        for choice in completion.choices {
            let calls = choice.toolCalls.enumerated().map { (AnswerPart.toolCall($0, name: $1.name), $1.arguments) }
            for (part, text) in [(.content, choice.content), (.thinking, choice.reasoning ?? "")] + calls {
                var detector: RepetitionDetector?
                if let loop = detector.loop(after: text) { return (words(part, choice: choice.index), loop) }
            }
        }
        return nil
    }

    /// The member `loop` of `check_report`: part, unit, period, copies, start.
    package static func json(part: String, loop: RepeatedText) -> JSON {
        [
            "part": .string(part), "unit": .string(loop.unit), "period": .int(loop.period),
            "copies": .int(loop.copies), "start": .int(loop.start),
        ]
    }

    static func words(_ part: AnswerPart, choice: Int) -> String {
        (choice > 0 ? "choice \(choice), " : "") + part.words
    }
}
