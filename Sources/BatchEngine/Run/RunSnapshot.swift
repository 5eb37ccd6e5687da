package import LLMStreaming

/// Where a run stands: what its progress line shows.
package struct RunSnapshot: Sendable, Equatable {
    /// Jobs completed in this run; counted after their COMMIT.
    package var completed = 0
    /// Jobs failed in this run; counted after their COMMIT.
    package var failed = 0
    /// Jobs that the user has cancelled in this run; counted after their COMMIT.
    package var cancelled = 0
    /// Streams open now.
    package var running = 0
    /// Jobs that were sent in this run and wait for another attempt.
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
    /// What the run's attempts cost in US dollars, as far as that is known; nil where no attempt's cost is.
    package var costUSD: Double?
    /// Answers whose cost is not known: no sum of costs holds them.
    package var unpriced = 0
    /// How much more was used than `--max-cost` and `--max-tokens-total` allow.
    package var costOvershoot: Double?
    package var tokenOvershoot: Double?
    /// Chunks received, also of answers that are not complete.
    package var chunks = 0
    /// The bytes of what models wrote in them, and the tokens that were reported of them.
    package var bytes = 0
    package var output = OutputTokens()
    /// Answers that were rejected and asked for again, and those whose streams were closed before their end.
    package var askedAgain = 0
    package var stoppedEarly = 0
    /// Answers that are another job's, which asked the same: nothing was sent for them.
    package var copied = 0
    /// Answers from around which something was taken off.
    package var mended = 0
    /// How the answers that were completed in this run ended.
    package var finishReasons: [FinishReason: Int] = [:]
    /// What the jobs that could be sent wait for, by provider or model.
    package var waits: [RunWait] = []
    /// How the endpoints of the providers stand that have jobs.
    package var endpoints: [EndpointSnapshot] = []
    /// Providers, and models as `provider/model`, that get no more requests, with the reason.
    package var stoppedProviders: [String: String] = [:]
    /// Models, as `provider/model`, that refused to go on from partial text in this run: their answers start anew.
    package var refusedPrefills: Set<String> = []

    package init() {}

    /// Jobs that have ended in this run.
    package var ended: Int { completed + failed + cancelled }

    /// Whether the user has paused the run.
    package var isPaused: Bool { waits.first?.reason == .paused }

    /// The output tokens received, also of answers that are not complete; reported ones as such.
    package var receivedTokens: Double { output.total(bytes: bytes) }

    /// Counts a job's new state, once it is committed.
    mutating func count(_ end: AttemptEnd) {
        if let cost = end.costUSD, cost >= 0 { costUSD = (costUSD ?? 0) + cost }
        if end.rejectsAnswer {
            if end.waits { askedAgain += 1 }
            if end.error?.code == RejectedAnswer.Code.stoppedEarly.rawValue { stoppedEarly += 1 }
        }
        switch end.transition {
        case .completed(let records):
            completed += 1
            for record in records { finishReasons[record.choice.finishReason, default: 0] += 1 }
            // What there is to count of a copy was counted where it comes from.
            if end.isTaken {
                copied += 1
                return
            }
            if records.contains(where: { $0.check == .mended }) { mended += 1 }
            if end.costUSD == nil { unpriced += 1 }
            promptTokens += records.first?.promptTokens ?? 0
            completionTokens += records.first?.completionTokens ?? 0
        case .failed: failed += 1
        case .cancelled: cancelled += 1
        case .waiting: if end.waits { waitingFor = end.error?.kind }
        }
    }
}

/// The output tokens of a run: those that providers reported, and an estimate of all that is not reported yet.
///
/// The tokens of a byte of text differ by model, language and tokenizer; they are learnt from the reports of the run
/// itself. Thinking that is billed and not sent counts too.
package struct OutputTokens: Sendable, Equatable {
    /// Tokens a byte before the first report: four bytes a token, as in English prose.
    private static let assumedPerByte = 0.25

    /// The tokens that were reported, and the bytes of the answers that they were reported of.
    private var reportedTokens = 0
    private var reportedBytes = 0

    package init() {}

    /// Adds an attempt whose usage is known.
    ///
    /// - Parameters:
    ///   - tokens: as reported; nil where none were, or not of all that came: what came then stays an estimate.
    ///   - bytes: of its text as UTF-8.
    mutating func add(reported tokens: Int?, bytes: Int) {
        // A report of no tokens for some text says nothing.
        guard let tokens, tokens > 0 || bytes == 0 else { return }
        reportedTokens = reportedTokens.addingClamped(tokens)
        reportedBytes = reportedBytes.addingClamped(bytes)
    }

    /// Tokens a byte, as learnt so far.
    package var perByte: Double {
        reportedBytes > 0 ? Double(reportedTokens) / Double(reportedBytes) : Self.assumedPerByte
    }

    /// The tokens of all bytes received, those of the reports among them.
    package func total(bytes: Int) -> Double {
        Double(reportedTokens) + Double(max(0, bytes - reportedBytes)) * perByte
    }
}
