package import LLMStreaming

/// A program of the user's that says which answers are right (Contract, "A program that checks").
package protocol AnswerJudge: Sendable {
    /// Asks about an answer and waits for the word on it; ends early where the task is cancelled.
    func judge(_ answer: JudgedAnswer) async throws(JudgeFault) -> JudgeWord

    /// Lets whoever asked about the answer of this job's wait no longer.
    func giveUp(_ customID: String)
}

/// What a program said of an answer.
package enum JudgeWord: Sendable, Equatable {
    case right
    /// Why it is not, in the program's words.
    case wrong(String)
}

/// Why there is no word on an answer.
package enum JudgeFault: Error, Sendable, Equatable {
    /// It did not come in time.
    case late
    /// None will come any more: why, in words.
    case over(String)
    /// Nobody waits for it any more.
    case cancelled
}

/// What a program is told of an answer.
package struct JudgedAnswer: Sendable, Equatable {
    /// The job's id.
    package var customID: String
    /// The answers; more than one with the option `n`.
    package var choices: [Completion.Choice]
    /// The job's metadata, JSON; nil where it has none.
    package var metadata: [UInt8]?

    package init(customID: String, choices: [Completion.Choice], metadata: [UInt8]?) {
        self.customID = customID
        self.choices = choices
        self.metadata = metadata
    }

    /// As one line for the program: `id`, `content`, `tool_calls`, `finish_reason` and `metadata`, and with several
    /// answers `choices`.
    package var json: JSON {
        var object = JSONObject()
        object["id"] = .string(customID)
        for member in choices.first.map(Self.members) ?? [] { object[member.key] = member.value }
        object["metadata"] = metadata.flatMap { try? JSONParser.parse($0) } ?? .null
        if choices.count > 1 {
            object["choices"] = .array(choices.map { .object(JSONObject(Self.members($0))) })
        }
        return .object(object)
    }

    private static func members(_ choice: Completion.Choice) -> [JSONObject.Member] {
        [
            .init(key: "content", value: .string(choice.content)),
            .init(
                key: "tool_calls", value: choice.toolCalls.isEmpty ? .null : .array(choice.toolCalls.map(\.json))),
            .init(key: "finish_reason", value: .string(choice.finishReason.rawValue)),
        ]
    }
}
