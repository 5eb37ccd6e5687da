import AnswerChecks
import LLMStreaming

/// Asks for an answer until one is right, or none is asked for any more (Contract, "Checked answers").
struct CheckedAsking {
    /// A right answer.
    struct Right {
        /// Its content is the bare value.
        var completion: Completion
        /// What was taken off around that, in words.
        var takenOff: [String]
        /// Of its attempt.
        var result: StreamResult
    }

    private enum Verdict {
        case right(Right)
        case wrong(AnswerRejection)
        /// There is no answer to be judged, or none that another request would mend.
        case failed(LLMError)
    }

    private let client: LLMClient
    private let content: RequestContent
    private let check: CompiledCheck
    private let checking: CheckingOptions
    private let streaming: StreamingOptions
    private let hasTools: Bool
    /// The answers so far that were not taken, oldest first.
    private(set) var rejected: [RejectedCompletion] = []

    /// - Throws: kind `invalid_request` where the document is no schema, or several answers are asked for.
    init(
        _ conversation: Conversation, options: CompletionOptions, schema: JSON, by client: LLMClient,
        checking: CheckingOptions, streaming: StreamingOptions
    ) throws(LLMError) {
        guard (options.n ?? 1) == 1 else {
            throw LLMError(.invalidRequest, "option 'n': one value is asked for, and so one answer")
        }
        do { check = try CompiledCheck(schema: schema) } catch {
            throw LLMError(.invalidRequest, "schema: not a JSON Schema that an answer can be checked by: \(error)")
        }
        hasTools = options.tools?.isEmpty == false
        content = .conversation(conversation, options, extraBody: JSONObject())
        (self.client, self.checking, self.streaming) = (client, checking, streaming)
    }

    /// The first answer that is right.
    ///
    /// - Throws: why the last one was not, or why there is none.
    mutating func rightAnswer() async throws(LLMError) -> Right {
        var continuation: Continuation?
        while true {
            let (result, stop) = try await answer(continuation)
            switch verdict(on: result, stop) {
            case .right(let right): return right
            case .failed(let error): throw error
            case .wrong(let rejection):
                let wrong = RejectedCompletion(result, as: rejection.error)
                reject(wrong)
                continuation = checking.onInvalid == .ask ? rejection.correction(of: result.partial) : nil
                let isAskedAgain = rejection.isWorthAnother(
                    after: rejected.count, of: checking.maximumAnswers, isOtherRequest: continuation != nil,
                    isDeterministic: content.isDeterministic)
                guard isAskedAgain else { throw wrong.error.amongAnswers(rejected.count) }
            }
        }
    }

    /// Notes an answer that is not taken, and tells of it.
    mutating func reject(_ wrong: RejectedCompletion) {
        rejected.append(wrong)
        checking.onRejected(wrong)
    }

    /// Streams one answer.
    ///
    /// - Returns: what came of it, and why its stream was closed; nil where it was not.
    private func answer(
        _ continuation: Continuation?
    ) async throws(LLMError) -> (StreamResult, AnswerFinding?) {
        let request = try RequestEncoder.encode(
            content, model: client.model, provider: client.endpoint.provider, continuation: continuation)
        // Words before a call of a tool are no wrong answer.
        let watch = StreamWatch(AnswerWatch(check, stopsEarly: !hasTools, stopsLoops: false))
        let result = await client.answer(
            request, receiver: WatchedCallback(callback: ChunkCallback(streaming.onChunk), watch: watch),
            timeouts: streaming.timeouts, by: SharedTransports.transport(streaming), watch: watch)
        guard case .invalid(let finding)? = watch.end() else { return (result, nil) }
        return (result, finding)
    }

    private func verdict(on result: StreamResult, _ stop: AnswerFinding?) -> Verdict {
        switch result.outcome {
        case .failed(let error):
            // Whatever else befell the stream behind it.
            if let stop { return .wrong(AnswerRejection(stoppedAt: stop)) }
            return AnswerRejection(byProvider: error).map(Verdict.wrong) ?? .failed(error)
        case .completed(let completion):
            let judgement = check.judge(completion)
            if case .failed(let failure) = judgement.outcome {
                let isCall = failure == .invalid && !completion.toolCalls.isEmpty
                return isCall
                    ? .failed(.calls(of: completion)) : .wrong(AnswerRejection(failure, judgement.reason))
            }
            // An answer that calls tools need have no content to be right.
            guard let bare = try? BareValue(in: completion.content) else { return .failed(.calls(of: completion)) }
            var right = Right(completion: completion, takenOff: bare.takenOff.words, result: result)
            right.completion.choices[0].content = bare.text(of: completion.content)
            return .right(right)
        }
    }
}

extension LLMError {
    /// The error of the last of so many answers, of which none was right.
    fileprivate func amongAnswers(_ count: Int) -> LLMError {
        guard count > 1 else { return self }
        var error = self
        error.message = "none of \(count) answers is right; the last: \(message)"
        return error
    }

    /// The error of an answer that is nothing but calls of tools.
    fileprivate static func calls(of completion: Completion) -> LLMError {
        let names = Set(completion.toolCalls.map(\.name)).sorted().joined(separator: ", ")
        return LLMError(
            .invalidAnswer,
            "the model calls tools (\(names.shortened(toBytes: 200))) and writes no value; get their results by "
                + "streamComplete, and ask for the value then")
    }
}

/// Passes each chunk to a function, and to what may close the stream.
private struct WatchedCallback: ChunkReceiver {
    let callback: ChunkCallback
    let watch: StreamWatch

    func receive(_ chunks: [StreamedChunk], atMicroseconds microseconds: Int64) -> Bool {
        watch.receive(chunks)
        return callback.receive(chunks, atMicroseconds: microseconds)
    }

    func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void) { callback.whenThereIsRoom(resume) }
}
