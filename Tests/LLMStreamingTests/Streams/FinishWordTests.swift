import Testing

@testable import LLMStreaming

/// What servers put in the place of a finish reason.
@Suite struct FinishWordTests {
    @Test(arguments: [
        "", " ", "null", "NULL", "None", "nil", "undefined", "FINISH_REASON_UNSPECIFIED", "not_finished",
        "in_progress",
    ])
    func wordsThatAreNoReasonAreNone(_ word: String) {
        #expect(FinishWord(word) == .none)
    }

    /// It would be compared with all words of failure.
    @Test func whatIsTooLongForAWordIsNone() {
        #expect(FinishWord(String(repeating: "q", count: 300) + "error") == .reason(.unknown))
    }

    @Test(arguments: [
        ("STOP", FinishReason.stop), ("FinishReason.STOP", .stop), ("eos", .stop), ("eosFound", .stop),
        ("COMPLETE", .stop), ("MAX_TOKENS", .length), ("maxPredictedTokensReached", .length),
        ("FINISH_REASON_MAX_TOKENS", .length), ("SAFETY", .contentFilter), ("guardrail_intervened", .contentFilter),
        ("sensitive", .contentFilter), ("tool-calls", .toolCalls), ("tool_use", .toolCalls), ("pause_turn", .unknown),
        ("max_new_tokens", .length), ("stopped_limit", .length), ("context_full", .length), ("word", .stop),
        ("other", .unknown), ("7", .unknown), ("ERROR_LIMIT", .length), ("content_filter", .contentFilter),
    ])
    func reasonsAreReadInEverySpelling(_ word: String, _ reason: FinishReason) {
        #expect(FinishWord(word) == .reason(reason))
        #expect(FinishReason(native: word) == reason)
    }

    @Test(arguments: [
        ("error", ErrorKind.server), ("timeout", .server), ("timed_out", .server), ("cancelled", .server),
        ("canceled", .server), ("USER_CANCEL", .server), ("aborted", .server), ("server_error", .server),
        ("internal_server_error", .server), ("failed", .server), ("network_error", .server),
        ("MALFORMED_FUNCTION_CALL", .server), ("malformed_model_output", .server), ("modelUnloaded", .server),
        ("upstream_disconnected", .server), ("insufficient_system_resource", .overloaded),
        ("overloaded_error", .overloaded), ("service_unavailable", .overloaded), ("rate_limit", .rateLimit),
        ("insufficient_quota", .quota), ("InsufficientQuota", .quota), ("terminated", .server), ("expired", .server),
        ("rejected", .server), ("connection_lost", .server), ("ConnectionReset", .server), ("stream_dropped", .server),
    ])
    func wordsOfFailureNeverComplete(_ word: String, _ kind: ErrorKind) {
        #expect(FinishWord(word) == .failure(kind))
        let event = #"{"choices":[{"index":0,"delta":{},"finish_reason":"\#(word)"}]}"#
        let run = Transcript(chat: ChatEvents.start, ChatEvents.delta(#""content":"a""#), event, "[DONE]").run(.openAI)
        #expect(run.error?.kind == kind)
        #expect(run.text(.text) == "a")
    }
}
