import AnswerChecks
package import BatchEngine
import LLMStreaming

extension BatchOptions {
    /// What follows an answer that is not right.
    public enum OnInvalid: String, Sendable, Hashable, CaseIterable {
        /// The same request once more; once at most where it would bring the same answer.
        case again
        /// The conversation with that answer, and a message that names its faults.
        case ask
        /// It is taken all the same, and marked.
        case keep
        /// The job fails.
        case fail
    }

    /// What follows an answer that is cut at its bound of tokens.
    public enum OnLength: String, Sendable, Hashable, CaseIterable {
        /// It stays as it is.
        case keep
        /// The request once more, with twice the tokens.
        case more
    }

    /// What follows one piece over and over in an answer.
    public enum OnLoop: String, Sendable, Hashable, CaseIterable {
        /// The answer is taken, and its report tells of it.
        case mark
        /// The stream is closed, and the request sent again, at most twice, at a higher temperature where it has one.
        case stop
    }

    /// How many answers a job may be given.
    package static let answersOfAJob = 1...1_000

    /// What is made of answers.
    ///
    /// - Throws: where `check` is none.
    package func answerPolicy() throws(ConfigurationError) -> AnswerPolicy {
        var policy = AnswerPolicy()
        policy.check = try answerCheck()
        policy.onInvalid =
            switch onInvalid {
            case .again: .again
            case .ask: .ask
            case .keep: .keep
            case .fail: .fail
            }
        policy.maximumAnswers = maximumAnswers
        policy.judgeTimeout = checkTimeout
        policy.onLength = onLength == .more ? .more : .keep
        policy.loops = loops == .stop ? .stop : .mark
        return policy
    }

    /// The check of jobs that name none.
    func answerCheck() throws(ConfigurationError) -> AnswerCheck? {
        guard let check else { return nil }
        do throws(CheckFault) {
            return try AnswerCheck(check)
        } catch {
            throw ConfigurationError("--check: \(error)")
        }
    }
}
