package import ServerSentEvents

/// From the events of a dialect to chunks, one decoder for each attempt.
package struct StreamDecoder: Sendable {
    // One of the three is there. Not an enum: what an enum holds cannot change in its place, and taking it out and
    // putting it back was a twentieth of a fast stream's time. The rarer ones are in arrays of one, or none: the room of an
    // optional would be part of every stream.
    private var chat: OpenAIChatDecoder?
    private var responses: [OpenAIResponsesDecoder] = []
    private var messages: [AnthropicMessagesDecoder] = []

    /// Whether the protocol's own end has come, behind which nothing counts (Contract, "When an answer is complete").
    ///
    /// Never in a Messages stream: another message may follow `message_stop`, so only the body's end ends it.
    package private(set) var isEnded = false

    /// Whether the last event held a whole message, of which `addWholes` adds what is lacking.
    package private(set) var hasWholes = false

    /// Whether the answer is whole (Contract, "When an answer is complete").
    package private(set) var isAnswered = false

    /// Whether the answer is whole if nothing follows in time: of a message that said why it stopped.
    package private(set) var awaitsOnlyItsEnd = false

    /// The decoder of a dialect's stream that will hold that many answers.
    ///
    /// - Parameter isContinued: whether the stream is the rest of one that was read before.
    package init(_ dialect: Dialect, choices: Int, omitsFinishReason: Bool, isContinued: Bool = false) {
        switch dialect {
        case .openAIChat: chat = OpenAIChatDecoder(choices: choices, omitsFinishReason: omitsFinishReason)
        case .openAIResponses: responses = [OpenAIResponsesDecoder()]
        case .anthropicMessages: messages = [AnthropicMessagesDecoder(isContinued: isContinued)]
        }
        noteEnd()
    }

    /// Appends the chunks of an event; `noteEnd` is to be called once after some of them.
    ///
    /// - Throws: the error that the event reports, or kind `decode` where it is not what the dialect says.
    package mutating func decode(_ event: ServerSentEvent, into chunks: inout [StreamedChunk]) throws(LLMError) {
        if let progress = try chat?.decode(event, into: &chunks) {
            isEnded = progress == .done
            hasWholes = progress == .whole
            return
        }
        if !responses.isEmpty {
            isEnded = try responses[0].decode(event, into: &chunks)
        } else if !messages.isEmpty {
            try messages[0].decode(event, into: &chunks)
        }
    }

    /// Keeps how far the answer is, which is asked several times a read: a look at an optional copies all that it
    /// holds, a change does not.
    package mutating func noteEnd() {
        if messages.isEmpty {
            isAnswered = chat?.tellAnswered() ?? responses[0].tellAnswered()
            awaitsOnlyItsEnd = isAnswered
        } else {
            isAnswered = messages[0].tellAnswered()
            awaitsOnlyItsEnd = isAnswered || messages[0].tellStopReason()
        }
    }

    /// Appends what came of no piece, but of a message that came whole.
    ///
    /// - Parameter answer: all that came before, and with the last event.
    package mutating func addWholes(
        after answer: StreamingAccumulator, into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        hasWholes = false
        defer { noteEnd() }
        try chat?.addWholes(after: answer, into: &chunks)
    }

    /// Appends the chunks of a body that is no event stream: of one whole completion, or of its pieces.
    package mutating func decode(
        _ document: DocumentValues, isOrderly: Bool, into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        defer { noteEnd() }
        if document.values.count == 1, document.failure == nil {
            let json = JSON.object(document.values[0].alone)
            try chat?.decodeWhole(json, into: &chunks)
            for index in responses.indices { try responses[index].decodeWhole(json, into: &chunks) }
            for index in messages.indices { try messages[index].decodeWhole(json, into: &chunks) }
        } else {
            for value in document.values {
                try chat?.decode(value, into: &chunks)
                for index in responses.indices { _ = try responses[index].decode(value, into: &chunks) }
                for index in messages.indices { try messages[index].decode(value, into: &chunks) }
            }
            if document.isDone { try decode(ServerSentEvent(data: Array("[DONE]".utf8)[...]), into: &chunks) }
            if isOrderly { try endBody(isEventCut: document.failure != nil) }
            hasWholes = chat?.hasWholes ?? false
        }
        isEnded = chat?.isDone ?? responses.first?.isEnded ?? false
    }

    /// Takes the orderly end of the body.
    ///
    /// - Parameter isEventCut: whether it cut the last event, which then could not be read.
    /// - Throws: what the end says of the answer.
    package mutating func endBody(isEventCut: Bool) throws(LLMError) {
        defer { noteEnd() }
        chat?.endBody(isEventCut: isEventCut)
        for index in messages.indices { try messages[index].endBody() }
    }

    /// Appends what was held back until the end.
    package mutating func finish(into chunks: inout [StreamedChunk]) {
        chat?.finish(into: &chunks)
        for index in responses.indices { responses[index].finish(into: &chunks) }
        for index in messages.indices { messages[index].finish(into: &chunks) }
        noteEnd()
    }

    /// Whether a text stops within a character, whose other half is awaited.
    package var isWithinCharacter: Bool {
        chat?.isWithinCharacter ?? responses.first?.isWithinCharacter ?? messages.first?.isWithinCharacter ?? false
    }

    /// The number that the stream gave its last event; nil in dialects without numbers.
    package var sequenceNumber: Int? { responses.first?.sequenceNumber }

    /// Whether what marks the end of a stream has come, so that its finish reasons count whatever they are.
    package var isClosed: Bool { chat?.isClosed ?? true }

    /// Whether `[DONE]` came although an answer has no finish reason.
    package var lacksFinishReason: Bool { chat?.lacksFinishReason ?? false }
}
