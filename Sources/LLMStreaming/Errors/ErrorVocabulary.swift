/// The codes and types of errors that say more than any status, in lower case.
enum ErrorVocabulary {
    /// What a code or type means; nil where it does not tell.
    ///
    /// Case and separators make no difference: `DataInspectionFailed` and `data_inspection_failed` are the same word.
    /// Alibaba and Volcengine put a point and the special case behind the general one (`Throttling.RateQuota`).
    static func kind(of word: String) -> ErrorKind? {
        let whole = letters(word)
        if let kind = byLetters[whole] { return kind }
        let head = letters(word.prefix { $0 != "." })
        if head.count < whole.count, let kind = byLetters[head] { return kind }
        if whole.hasPrefix("throttling") { return .rateLimit }
        return whole.hasSuffix("sensitivecontentdetected") ? .contentPolicy : nil
    }

    private static func letters(_ word: some StringProtocol) -> String { word.lowercased().filter(\.isLetter) }

    private static let byLetters = Dictionary(kinds.map { (letters($0.key), $0.value) }) { first, _ in first }

    private static let kinds: [String: ErrorKind] = [
        // OpenAI, Groq, Azure, LiteLLM's budgets, Moonshot, Alibaba, OpenRouter
        "insufficient_quota": .quota, "billing_error": .quota, "billing_hard_limit_reached": .quota,
        "billing_not_active": .quota, "credits_exhausted": .quota, "budget_exceeded": .quota,
        "exceeded_current_quota_error": .quota, "arrearage": .quota, "payment_required": .quota,
        "insufficient_credits": .quota, "insufficient_balance": .quota, "insufficient_balance_error": .quota,
        "account_overdue_error": .quota, "insufficient_user_quota": .quota, "insufficient_funds": .quota,
        "account_arrears": .quota,
        "authentication_error": .auth, "invalid_api_key": .auth, "invalid_authentication": .auth,
        "incorrect_api_key": .auth, "invalid_authentication_error": .auth, "authenticationerror": .auth,
        "authentication": .auth, "auth_error": .auth, "token_not_found_in_db": .auth, "expired_key": .auth,
        "unauthenticated": .auth,
        "permission_error": .permission, "permission_denied": .permission, "data_residency_mismatch": .permission,
        "permissiondeniederror": .permission,
        // LiteLLM's keys, each for some models
        "key_model_access_denied": .notFound, "team_model_access_denied": .notFound,
        "user_model_access_denied": .notFound, "project_model_access_denied": .notFound,
        "org_model_access_denied": .notFound,
        "not_found_error": .notFound, "model_not_found": .notFound, "deploymentnotfound": .notFound,
        "model_not_available": .notFound, "model_not_supported": .notFound, "notfounderror": .notFound,
        "not_found": .notFound, "unknown_model": .notFound,
        "rate_limit_error": .rateLimit, "rate_limit_exceeded": .rateLimit, "ratelimitreached": .rateLimit,
        "ratelimiterror": .rateLimit, "resource_exhausted": .rateLimit, "throttling_error": .rateLimit,
        "rate_limit_reached_error": .rateLimit, "too_many_requests": .rateLimit,
        "server_overloaded": .overloaded, "overloaded_error": .overloaded, "overloaded": .overloaded,
        "engine_overloaded": .overloaded,
        "engine_overloaded_error": .overloaded, "provider_overloaded": .overloaded,
        "capacity_exceeded": .overloaded, "unavailable_error": .overloaded, "serviceunavailableerror": .overloaded,
        "unavailable": .overloaded,
        "context_length_exceeded": .contextLength, "exceed_context_size_error": .contextLength,
        "context_window_exceeded": .contextLength, "model_context_window_exceeded": .contextLength,
        "contextwindowexceedederror": .contextLength, "model_max_prompt_tokens_exceeded": .contextLength,
        "tokens_limit_reached": .contextLength,
        "content_filter": .contentPolicy, "content_policy_violation": .contentPolicy,
        "contentpolicyviolationerror": .contentPolicy, "responsibleaipolicyviolation": .contentPolicy,
        "misalignment_policy_violation": .contentPolicy, "bio_policy": .contentPolicy,
        "image_content_policy_violation": .contentPolicy, "data_inspection_failed": .contentPolicy,
        "refusal": .contentPolicy, "cyber_policy_violation": .contentPolicy,
        // llama.cpp's response, with status 501, to what the loaded model cannot do.
        "not_supported_error": .invalidRequest,
        // The model wrote a call that Groq could not read; it may do better next time.
        "tool_use_failed": .server,
    ]

    /// Whether a type or code blames the request; it counts where no status is known.
    static func blamesRequest(_ word: String) -> Bool {
        requestFaults.contains(word) || word.hasPrefix("invalid_") || word.hasPrefix("unsupported_")
            || word.hasPrefix("image_")
    }

    private static let requestFaults: Set<String> = [
        "badrequesterror", "bad_request_error", "bad_request", "invalid-argument", "request_too_large",
        "unprocessable_entity_error", "unprocessable",
        "payload_too_large", "precondition_failed", "string_too_long", "max_tokens_exceeded", "token_limit_exceeded",
        "empty_image_file", "failed_to_download_image", "string_above_max_length", "previous_response_not_found",
    ]
}
