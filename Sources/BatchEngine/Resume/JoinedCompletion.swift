import LLMStreaming

/// A whole answer put together from the text its last attempt went on from and what that brought (SPEC 8).
struct JoinedCompletion {
    /// The answer; its content and message are joined.
    let completion: Completion
    /// How the content of each choice is put together.
    let seams: [Seam]
    /// How many scalars of an echo were recognised.
    let overlapScalars: Int?
    /// The tokens of the text that was gone on from; nil where the last attempt's answer stands alone.
    let baseTokens: Int?

    /// Joins the completion that an attempt ended with.
    ///
    /// - Parameters:
    ///   - base: what the attempt went on from; nil where it did not.
    ///   - own: all that the attempt brought.
    init(_ completion: Completion, onto base: StoredPartial?, plan: ResumePlan, attemptID: Int64, own: PartialAnswer) {
        let (joined, overlap) = AnswerJoiner.join(
            base: base, prefixScalars: plan.prefixScalars, strategy: plan.strategy, attemptID: attemptID, own: own,
            isWhole: true)
        let isAlone = joined.seams.first.map { $0.attemptID == attemptID } ?? true
        var completion = completion
        if let base, !isAlone {
            let text = joined.answer.text
            let before = text.unicodeScalars.dropLast(completion.choices[0].content.unicodeScalars.count)
            completion.choices[0].message = Self.prepending(
                String(before), to: completion.choices[0].message)
            completion.choices[0].content = text
            baseTokens = base.tokenCount
        } else {
            baseTokens = nil
        }
        self.completion = completion
        seams = joined.seams
        overlapScalars = overlap
    }

    /// A message in a provider's form, with a text put before its own.
    private static func prepending(_ text: String, to message: JSON) -> JSON {
        guard var object = message.object else { return message }
        switch object["content"] {
        case .array(var blocks):
            if let index = blocks.firstIndex(where: { $0["type"] == "text" }), var block = blocks[index].object {
                block["text"] = .string(text + (block["text"]?.string ?? ""))
                blocks[index] = .object(block)
            } else {
                blocks.insert(["type": "text", "text": .string(text)], at: 0)
            }
            object["content"] = .array(blocks)
        case let content: object["content"] = .string(text + (content?.string ?? ""))
        }
        return .object(object)
    }
}
