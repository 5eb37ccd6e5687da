/// Whose rate-limit headers are sent.
///
/// WIRE section 5.4.
package enum RateLimitStyle: String, Sendable, Hashable, CaseIterable {
    case none, openai, groq, azure, anthropic, mistral, openrouter
}
