package import LLMStreaming

/// Where a run stands: what its progress line shows.
package struct RunSnapshot: Sendable, Equatable {
    /// Jobs completed in this run; counted after their COMMIT.
    package var completed = 0
    /// Jobs failed in this run; counted after their COMMIT.
    package var failed = 0
    /// Streams open now.
    package var running = 0
    /// Jobs that were tried in this run and wait for another try.
    package var waiting = 0
    /// Why the newest of them waits.
    package var waitingFor: ErrorKind?
    /// When the next of them is due, in Unix milliseconds; known while there is nothing else to send.
    package var nextDueMilliseconds: Int64?
    /// Attempts sent in this run.
    package var attempts = 0
    /// Tokens of completed answers, as reported.
    package var promptTokens = 0
    package var completionTokens = 0
    /// What the run's attempts cost in US dollars, as far as that is known; nil where it is of none.
    package var costUSD: Double?
    /// Answers whose cost is not known: no sum of costs holds them.
    package var unpriced = 0
    /// How much more was used than `--max-cost` and `--max-tokens-total` allow.
    package var costOvershoot: Double?
    package var tokenOvershoot: Double?
    /// Chunks received, also of answers that are not complete.
    package var chunks = 0
    /// Bytes of what models wrote in it, and the tokens that they are.
    package var bytes = 0
    package var output = OutputTokens()
    /// How the answers that were completed in this run ended.
    package var finishReasons: [FinishReason: Int] = [:]
    /// What jobs that could be sent wait for, by provider or model.
    package var waits: [RunWait] = []
    /// Providers, and models as `provider/model`, that get no more requests, with the reason.
    package var stoppedProviders: [String: String] = [:]
    /// Models, as `provider/model`, that refused to go on from partial text in this run: their answers start anew.
    package var refusedPrefills: Set<String> = []

    package init() {}

    /// The output tokens received, also of answers that are not complete; reported ones as such.
    package var receivedTokens: Double { output.total(bytes: bytes) }

    /// Counts a job's new state, once it is committed.
    mutating func count(_ end: AttemptEnd) {
        if let cost = end.costUSD, cost >= 0 { costUSD = (costUSD ?? 0) + cost }
        switch end.transition {
        case .completed(let records):
            completed += 1
            for record in records { finishReasons[record.choice.finishReason, default: 0] += 1 }
            if end.costUSD == nil { unpriced += 1 }
            promptTokens += records.first?.promptTokens ?? 0
            completionTokens += records.first?.completionTokens ?? 0
        case .failed: failed += 1
        case .waiting: if end.waits { waitingFor = end.error?.kind }
        }
    }
}
