package import LLMStreaming

/// A row of the table `completions`: one whole answer, joined from its attempts (SPEC 6).
///
/// What sums over the attempts of the job (billed tokens, duration, chunks, first token time) is computed by the store
/// from their rows in the same transaction.
package struct CompletionRecord: Sendable {
    /// Where the usage figures come from.
    package enum UsageSource: String, Sendable, CaseIterable {
        /// As the provider reported them.
        case provider
        /// Joined from reports and counts of pieces.
        case mixed
        /// Counts of pieces only.
        case estimate
        /// Nothing is known.
        case none
    }

    /// The answer; its content is joined.
    package var choice: Completion.Choice
    package var responseID: String?
    package var model: String?
    /// Tokens of the request as first sent.
    package var promptTokens: Int?
    /// Tokens of the final text.
    package var completionTokens: Int?
    /// As reported, where the report is of the whole answer.
    package var totalTokens: Int?
    package var cachedTokens: Int?
    package var cacheCreationTokens: Int?
    package var reasoningTokens: Int?
    package var usageSource: UsageSource
    /// The last report as it came.
    package var usage: JSONObject?
    /// How the content is put together; one for an answer in one piece.
    package var seams: [Seam]

    package init(
        choice: Completion.Choice, responseID: String?, model: String?, usage: TokenUsage?,
        usageSource: UsageSource, seams: [Seam]
    ) {
        self.choice = choice
        self.responseID = responseID
        self.model = model
        promptTokens = usage?.promptTokens
        completionTokens = usage?.completionTokens
        totalTokens = usage?.totalTokens
        cachedTokens = usage?.cachedTokens
        cacheCreationTokens = usage?.cacheCreationTokens
        reasoningTokens = usage?.reasoningTokens
        self.usageSource = usageSource
        self.usage = usage?.raw
        self.seams = seams
    }
}
