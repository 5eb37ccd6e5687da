import LLMStreaming

/// The forms that a job line may have, told apart by their members (SPEC 3, WIRE.md 7).
enum JobLineShape: Sendable, CaseIterable {
    case native
    case openAIBatch
    case anthropicBatch
    /// A body without a URL.
    case mistralBatch
    /// `{"requests": [...]}`, a whole batch as one document, where it stands among lines.
    case batchDocument

    /// The shape of a line; native where nothing tells of a batch.
    init(_ object: JSONObject) {
        let has = { (name: String) in object[name].map { !$0.isNull } ?? false }
        self =
            if has("url") {
                .openAIBatch
            } else if has("body") {
                .mistralBatch
            } else if has("params") {
                .anthropicBatch
            } else if has("requests") {
                .batchDocument
            } else {
                .native
            }
    }
}
