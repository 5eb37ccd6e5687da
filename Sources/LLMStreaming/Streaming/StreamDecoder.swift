package import ServerSentEvents

/// From the events of a dialect to chunks, one decoder for each attempt.
package enum StreamDecoder: Sendable {
    case openAIChat(OpenAIChatDecoder)
    case openAIResponses(OpenAIResponsesDecoder)
    case anthropicMessages(AnthropicMessagesDecoder)

    /// The decoder of a dialect's stream that will hold that many answers.
    ///
    /// - Parameter isContinued: whether the stream is the rest of one that was read before.
    package init(_ dialect: Dialect, choices: Int, omitsFinishReason: Bool, isContinued: Bool = false) {
        switch dialect {
        case .openAIChat:
            self = .openAIChat(OpenAIChatDecoder(choices: choices, omitsFinishReason: omitsFinishReason))
        case .openAIResponses: self = .openAIResponses(OpenAIResponsesDecoder())
        case .anthropicMessages:
            self = .anthropicMessages(AnthropicMessagesDecoder(isContinued: isContinued))
        }
    }

    /// Appends the chunks of an event.
    ///
    /// - Throws: the error that the event reports, or kind `decode` where it is not what the dialect says.
    package mutating func decode(_ event: ServerSentEvent, into chunks: inout [StreamedChunk]) throws(LLMError) {
        switch self {
        case .openAIChat(var decoder):
            // The state is taken out while it changes: two owners would make each change a copy.
            self = .vacant
            defer { self = .openAIChat(decoder) }
            try decoder.decode(event, into: &chunks)
        case .openAIResponses(var decoder):
            self = .vacant
            defer { self = .openAIResponses(decoder) }
            try decoder.decode(event, into: &chunks)
        case .anthropicMessages(var decoder):
            self = .vacant
            defer { self = .anthropicMessages(decoder) }
            try decoder.decode(event, into: &chunks)
        }
    }

    /// Appends the chunks of a whole completion that came as one JSON document.
    package mutating func decodeWhole(_ json: JSON, into chunks: inout [StreamedChunk]) throws(LLMError) {
        switch self {
        case .openAIChat(var decoder):
            defer { self = .openAIChat(decoder) }
            try decoder.decodeWhole(json, into: &chunks)
        case .openAIResponses(var decoder):
            defer { self = .openAIResponses(decoder) }
            try decoder.decodeWhole(json, into: &chunks)
        case .anthropicMessages(var decoder):
            defer { self = .anthropicMessages(decoder) }
            try decoder.decodeWhole(json, into: &chunks)
        }
    }

    /// Appends what was held back until the end.
    package mutating func finish(into chunks: inout [StreamedChunk]) {
        guard case .openAIChat(var decoder) = self else { return }
        decoder.flushUsage(into: &chunks)
        self = .openAIChat(decoder)
    }

    /// The number that the stream gave its last event; nil in dialects without numbers.
    package var sequenceNumber: Int? {
        if case .openAIResponses(let decoder) = self { decoder.sequenceNumber } else { nil }
    }

    /// Whether the answer is whole (SPEC 4, "Answered").
    package var isAnswered: Bool {
        switch self {
        case .openAIChat(let decoder): decoder.isAnswered
        case .openAIResponses(let decoder): decoder.isAnswered
        case .anthropicMessages(let decoder): decoder.isAnswered
        }
    }

    /// Whether the protocol's own end has come, behind which nothing counts (SPEC 4, "Ended").
    ///
    /// Never in a Messages stream: another message may follow `message_stop`, so only the body's end ends it.
    package var isEnded: Bool {
        switch self {
        case .openAIChat(let decoder): decoder.isDone
        case .openAIResponses(let decoder): decoder.isEnded
        case .anthropicMessages: false
        }
    }

    private static let vacant = StreamDecoder.anthropicMessages(AnthropicMessagesDecoder())
}
