import LLMStreaming

/// The output tokens of a run: those that providers reported, and an estimate of all that is not reported yet.
///
/// How many tokens a byte of text has differs by model, language and tokenizer; it is learnt from the reports of the
/// run itself. Thinking that is billed and not sent is in it too.
package struct OutputTokens: Sendable, Equatable {
    /// Before the first report: four bytes a token, as in English prose.
    private static let assumedPerByte = 0.25

    /// What was reported, and the bytes of the answers that it was reported of.
    private var reportedTokens = 0
    private var reportedBytes = 0

    package init() {}

    /// Adds an attempt whose usage is known.
    ///
    /// - Parameters:
    ///   - tokens: as reported; nil where nothing was, or not of all that came: what came then stays an estimate.
    ///   - bytes: of its text as UTF-8.
    mutating func add(reported tokens: Int?, bytes: Int) {
        // Text without a token is a report that tells nothing.
        guard let tokens, tokens > 0 || bytes == 0 else { return }
        reportedTokens = reportedTokens.addingClamped(tokens)
        reportedBytes = reportedBytes.addingClamped(bytes)
    }

    /// Tokens a byte, as learnt so far.
    package var perByte: Double {
        reportedBytes > 0 ? Double(reportedTokens) / Double(reportedBytes) : Self.assumedPerByte
    }

    /// The tokens of so many bytes, those of the reports among them.
    package func total(bytes: Int) -> Double {
        Double(reportedTokens) + Double(max(0, bytes - reportedBytes)) * perByte
    }
}
