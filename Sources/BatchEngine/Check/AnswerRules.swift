import AnswerChecks
import LLMStreaming

/// What one attempt's answer is judged by, and what may follow.
///
/// A reference, which each open stream holds.
final class AnswerRules: Sendable {
    /// What a right answer is; nil where any is.
    let check: CompiledCheck?
    let policy: AnswerPolicy
    /// Whether the same request brings the same answer, as far as its sampling says.
    let isDeterministic: Bool
    /// Whether the request has its answer made by a schema.
    let sendsSchema: Bool

    /// The rules of a job's request.
    ///
    /// - Parameter check: what the job itself asks for; nil where the run's own check holds.
    /// - Throws: kind `invalid_request` where the check is none; only a database that others wrote to has such.
    init(
        _ check: AnswerCheck?, of content: RequestContent, _ policy: AnswerPolicy, _ cache: CheckCache
    ) throws(LLMError) {
        self.policy = policy
        isDeterministic = content.isDeterministic
        do throws(CheckFault) {
            self.check = try (check ?? policy.check).map { (check) throws(CheckFault) in
                try cache.compiled(check, for: content)
            }
        } catch {
            throw LLMError(.invalidRequest, "the stored check is none: \(error)")
        }
        sendsSchema = self.check != nil && content.sendsSchema
    }

    /// What watches the stream of an attempt that begins an answer; nil where nothing stops it early.
    var watch: StreamWatch? {
        let stopsEarly = check?.isStreamed == true && policy.onInvalid != .keep
        let stopsLoops = policy.loops == .stop
        guard stopsEarly || stopsLoops else { return nil }
        return StreamWatch(AnswerWatch(check, stopsEarly: stopsEarly, stopsLoops: stopsLoops))
    }

    // MARK: What follows

    /// Whether a job's request is sent again after an answer of it was rejected.
    ///
    /// - Parameter answer: that one; nothing in it where the provider did not send it.
    func repeats(_ rejection: AnswerRejection, of job: Job, answer: PartialAnswer) -> Bool {
        guard job.answers + 1 < policy.maximumAnswers else { return false }
        switch rejection.cause {
        case .loop: return job.rejected.count { $0.kind == .repetition } < AnswerPolicy.maximumLoops
        case .length: return mayHaveMore(job)
        case .refusal: return false
        case .wrong, .blank:
            switch policy.onInvalid {
            case .keep, .fail: return false
            case .again, .ask: break
            }
            return rejection.isWorthAnother(
                after: job.answers + 1, of: policy.maximumAnswers,
                isOtherRequest: policy.onInvalid == .ask && rejection.correction(of: answer) != nil,
                isDeterministic: isDeterministic)
        }
    }

    /// Whether an answer that is cut is asked for once more, with more room.
    func mayHaveMore(_ job: Job) -> Bool {
        policy.onLength == .more && job.answers + 1 < policy.maximumAnswers
            && !job.rejected.contains { $0.code == RejectedAnswer.Code.length.rawValue }
    }
}

extension RequestContent {
    /// Whether the provider is given a schema that the answer is made by.
    fileprivate var sendsSchema: Bool {
        let formats = [
            members["response_format"], members["text"]?["format"], members["output_config"]?["format"],
            members["output_format"],
        ]
        return members["structured_outputs"]?.object != nil
            || formats.contains { $0?["type"] == "json_schema" || $0?["schema"]?.object != nil }
    }
}

extension LLMError {
    /// Whether the provider refuses the schema that it was given: the next request with it is refused too.
    var refusesSchema: Bool {
        guard kind == .invalidRequest, httpStatus == 400, !isFailedGeneration else { return false }
        let words = message.lowercased()
        return [
            "response_format", "output_config", "output_format", "structured_output", "structured output", "schema",
            "grammar",
        ].contains(where: words.contains)
    }
}
