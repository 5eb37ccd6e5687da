package import LLMStreaming

/// How the next attempt of a job starts, and why so (SPEC 8).
package struct ResumePlan: Sendable, Equatable {
    /// Nil where there is nothing to go on from.
    package var strategy: ResumeStrategy?
    /// Why, as a sentence for `show`.
    package var reason: String
    /// The text that is sent along.
    package var prefix: String?
    /// The bound of what is left to write, where the request sets one.
    package var maximumTokens: Int?
    /// Why an answer to this request is never gone on from, whatever is kept of it; nil where it may be.
    package var obstacle: String?

    /// How many scalars of the joined partial text the prefix has.
    package var prefixScalars: Int? { prefix?.unicodeScalars.count }

    /// The plan for a request of a provider.
    ///
    /// - Parameters:
    ///   - partial: what an earlier attempt left.
    ///   - isRefused: whether the provider refused to go on from partial text for this model in this run.
    package static func make(
        partial: StoredPartial?, content: RequestContent, provider: Provider, policy: ResumePolicy, isRefused: Bool
    ) -> ResumePlan {
        let obstacle = ResumeObstacle.ofRequest(content, provider: provider, policy: policy, isRefused: isRefused)
        guard let partial, !partial.answer.isEmpty else {
            return ResumePlan(reason: "nothing was kept", obstacle: obstacle)
        }
        if let reason = obstacle ?? ResumeObstacle.ofAnswer(partial.answer) {
            return ResumePlan(strategy: .restart, reason: reason, obstacle: obstacle)
        }
        return ResumePlan(
            strategy: .prefill, reason: "\(provider.name) continues a last assistant message",
            prefix: prefix(of: partial.answer.text),
            maximumTokens: content.maximumTokens.map { max(minimumTokens, $0 - partial.tokenCount) })
    }

    /// What is left to write is never bounded lower than this: counted pieces are an estimate, and an estimate must not
    /// end a job.
    private static let minimumTokens = 16

    /// White space so far before the end of a text is a good place to cut it; further back, too much would be lost.
    private static let window = 64

    /// The text up to the start of its last white space if that lies within the last 64 scalars, else the text less
    /// trailing white space: a word or number that was cut inside goes on wrongly (WIRE.md 8).
    static func prefix(of text: String) -> String {
        let scalars = text.unicodeScalars
        var end = scalars.endIndex
        while end > scalars.startIndex, scalars[scalars.index(before: end)].properties.isWhitespace {
            end = scalars.index(before: end)
        }
        guard end == scalars.endIndex else { return String(scalars[..<end]) }
        let lastWord = scalars.suffix(window).lastIndex { $0.properties.isWhitespace }
        guard var start = lastWord else { return text }
        while start > scalars.startIndex, scalars[scalars.index(before: start)].properties.isWhitespace {
            start = scalars.index(before: start)
        }
        let isWithin = scalars.distance(from: start, to: scalars.endIndex) <= window
        return isWithin ? String(scalars[..<start]) : text
    }
}
