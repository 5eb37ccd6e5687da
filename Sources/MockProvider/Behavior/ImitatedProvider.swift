/// The provider or server whose rules for a trailing assistant message the mock keeps to the letter.
///
/// WIRE sections 6 and 8. Without one every form that asks for a continuation is granted.
package enum ImitatedProvider: String, Sendable, Hashable, CaseIterable {
    /// The message is history: the answer starts again.
    case openai
    /// It is continued unasked; two of them, or one with thinking enabled, are refused.
    case llamacpp
    /// It is continued with `continue_final_message: true` and `add_generation_prompt: false`, else started again.
    case vllm
    /// It is continued with `prefix: true`, else started again.
    case deepseek
    /// It is echoed and continued with `prefix: true`, else refused.
    case mistral
    /// It is continued, by models from 4.6 on refused.
    case anthropic
}
