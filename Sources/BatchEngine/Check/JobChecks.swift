import AnswerChecks
import LLMStreaming
import Synchronization

/// The checks of jobs, each read and compiled once: a million jobs may share one.
final class JobChecks: Sendable {
    /// More different ones than that are read again.
    private static let maximumCount = 64

    private let compiled = CheckCache()
    private let read = Mutex<[[UInt8]: AnswerCheck]>([:])

    /// What the answer of a job is judged by; nil where any is taken as it comes.
    ///
    /// - Parameter content: the request as its line has it.
    /// - Throws: kind `invalid_request` where the stored check is none.
    func rules(
        of job: Job, _ content: RequestContent, _ policy: AnswerPolicy
    ) throws(LLMError) -> AnswerRules? {
        if job.check == nil, policy.takesAny { return nil }
        return try AnswerRules(job.check.map(check), of: content, policy, compiled)
    }

    private func check(_ bytes: [UInt8]) throws(LLMError) -> AnswerCheck {
        if let known = read.withLock({ $0[bytes] }) { return known }
        let check: AnswerCheck
        do {
            check = try AnswerCheck(JSONParser.parse(bytes))
        } catch {
            throw LLMError(.invalidRequest, "the stored check is none: \(error)")
        }
        read.withLock { read in
            if read.count >= Self.maximumCount { read.removeAll() }
            read[bytes] = check
        }
        return check
    }
}
