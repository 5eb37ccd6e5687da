// Errors, and what to do about them: wait and ask again where that can help, keep what came, give up where it cannot.
//
//     LLM_MODEL=mock/count-50+cutchunk=middle+times=2 MOCK_BASE_URL=… swift run ErrorRecovery
import Foundation
import LLM4S

/// Asks until there is a whole answer, or no hope of one.
func answer(
    _ client: LLMClient, _ conversation: Conversation, attempts: Int = 5, firstWait: Duration = .milliseconds(100)
) async throws -> Completion {
    var attempt = 1
    while true {
        var answer = client.accumulator()
        do throws(LLMError) {
            for try await chunk in client.stream(conversation) { answer.add(chunk) }
            return try answer.completion(isComplete: true)
        } catch {
            // What came is not lost: it could be shown, or be stored.
            let kept = answer.content.split(separator: " ").count
            print("attempt \(attempt): \(error.kind.rawValue), \(kept) words came")
            guard error.isRetryable, attempt < attempts else { throw error }
            // The provider's own word goes first, or it refuses again; else twice as long each time, and never all
            // clients in the same instant.
            let wait = error.retryAfter ?? firstWait * (1 << (attempt - 1)) * Double.random(in: 0.5...1)
            try await Task.sleep(for: wait)
            attempt += 1
        }
    }
}

/// What the one who runs the program can do.
func advice(_ error: LLMError) -> String {
    switch error.kind {
    case .auth, .permission: "check the key"
    case .quota: "the account has no money left"
    case .notFound: "check the model's name"
    case .contextLength: "the conversation is too long for the model"
    case .invalidRequest, .contentPolicy: "the request itself is refused; it would be the next time too"
    default: "try again later"
    }
}

do {
    let client = try LLM.client()
    let completion = try await answer(client, [.user("Count from 1 to 50.")])
    print(completion.content)
} catch let error as LLMError {
    print("no answer (\(error.kind.rawValue)): \(advice(error))")
    exit(1)
} catch let error as ConfigurationError {
    print("not set up: \(error)")
    exit(2)
}
