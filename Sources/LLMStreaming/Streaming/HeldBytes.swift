/// How much memory an answer takes, roughly, while its chunks come in.
struct HeldBytes: Sendable {
    private(set) var count = 0

    /// What a value read from JSON takes, in bytes of its text: a list of digits about as much, most others less.
    private static let parsedFactor = 8
    /// What an item, or a piece that stands apart from those before it, takes besides its text.
    private static let placeBytes = 128

    /// Counts what a chunk takes; of what only replaces something no more than its text.
    mutating func add(_ chunk: StreamedChunk) {
        let bytes = chunk.text.utf8.count
        switch chunk.kind {
        case .toolCall, .citation, .block, .item: count += Self.parsedFactor * bytes
        case .text, .reasoning, .refusal, .toolArguments, .signature, .reasoningDetails, .finish, .nativeFinish:
            count += bytes
        case .logprobs, .response, .usage, .cursor: break
        }
    }

    /// Counts one more item, or piece apart.
    mutating func addPlace() { count += Self.placeBytes }

    /// Counts a value whose text was counted.
    mutating func addValue(_ value: JSON) { count += Self.placeBytes + (Self.parsedFactor - 1) * value.text.utf8.count }
}
