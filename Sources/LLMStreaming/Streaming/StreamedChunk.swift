/// A piece of an answer as it arrived: what one row of the table `chunks` holds.
///
/// The chunks of an attempt, in order, rebuild everything that is known of its answer.
///
/// ```swift
/// for try await chunk in client.stream(conversation) {
///     switch chunk.kind {
///     case .text: print(chunk.text, terminator: "")
///     case .reasoning: print("(\(chunk.text))", terminator: "")
///     case .toolCall, .toolArguments: print("tool \(chunk.item): \(chunk.text)")
///     default: break
///     }
/// }
/// ```
public struct StreamedChunk: Sendable, Equatable {
    /// What the text of a chunk is.
    public enum Kind: String, Sendable, CaseIterable {
        /// A piece of the answer.
        case text
        /// A piece of the model's thinking.
        case reasoning
        /// A piece of a refusal.
        case refusal
        /// A tool call begins or learns its name: JSON with `id`, `name`, and where they are special `type`, `input`,
        /// `extra_content`.
        case toolCall = "tool_call"
        /// A piece of a tool call's arguments.
        case toolArguments = "tool_arguments"
        /// The signature of the item's thinking; it replaces an earlier one.
        case signature
        /// A citation of the item's text, as JSON.
        case citation
        /// OpenRouter's reasoning details, a JSON array.
        case reasoningDetails = "reasoning_details"
        /// Log probabilities, as JSON.
        case logprobs
        /// A content block that arrives whole, or an image or a piece of sound of a chat, as JSON.
        case block
        /// What else than its texts an output item of a Responses stream is: JSON, as a next turn must send it back.
        case item
        /// What the response says of itself: JSON with `id`, `model` and `service_tier`, as far as it was not said
        /// before.
        case response
        /// Usage as the provider reports it, as JSON; members of later reports win.
        case usage
        /// The finish reason of a choice, as sent.
        case finish
        /// The finish reason of the model behind a router, as sent; Anthropic's details of it, JSON.
        case nativeFinish = "native_finish"
        /// How far a replayable stream was read.
        case cursor
    }

    /// What the text is.
    public var kind: Kind
    /// The answer that it belongs to, from 0; more than one only with the option `n`.
    public var choice: Int
    /// The tool call or content block within the answer, from 0.
    public var item: Int
    /// The piece itself.
    public var text: String

    /// A chunk.
    public init(_ kind: Kind, _ text: String, choice: Int = 0, item: Int = 0) {
        self.kind = kind
        self.choice = choice
        self.item = item
        self.text = text
    }

    /// The piece of the answer's text; nil for a chunk of another kind.
    public var content: String? { kind == .text ? text : nil }

    /// The piece of the model's thinking; nil for a chunk of another kind.
    public var thinkingDelta: String? { kind == .reasoning ? text : nil }

    /// Whether it is something that the model wrote: behind a finish reason it shows that the answer goes on.
    package var isWritten: Bool {
        switch kind {
        case .text, .reasoning, .refusal, .toolCall, .toolArguments: true
        case .signature, .citation, .reasoningDetails, .logprobs, .block, .item, .response, .usage, .finish,
            .nativeFinish, .cursor:
            false
        }
    }

    /// Whether it is a piece of the answer and not only said about it.
    package var isContent: Bool {
        switch kind {
        case .response, .usage, .cursor: false
        case .text, .reasoning, .refusal, .toolCall, .toolArguments, .signature, .citation, .reasoningDetails,
            .logprobs, .block, .item, .finish, .nativeFinish:
            true
        }
    }
}

/// Takes the chunks of one stream as they arrive.
///
/// Called on the stream's event loop, in order, never twice at once. It must not block.
package protocol ChunkReceiver: Sendable {
    /// Takes the chunks of one read from the socket.
    ///
    /// - Parameter microseconds: when they arrived, from the attempt's start.
    /// - Returns: whether there is room for more; after false the socket is not read, and no clock runs, until the
    ///   closure given to `whenThereIsRoom` was called.
    func receive(_ chunks: [StreamedChunk], atMicroseconds microseconds: Int64) -> Bool

    /// Calls the closure once, from any thread, as soon as there is room; at once if there is room now.
    func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void)
}
