/// A provider's own additions to chat chunks.
///
/// WIRE section 2.
package enum ChatExtras: String, Sendable, Hashable, CaseIterable {
    /// `provider`, `native_finish_reason`, `reasoning` with `reasoning_details`, and usage with its cost unasked.
    case openrouter
    /// A first chunk of no choices with the prompt's filter results, and filter results in each choice.
    case azure
}
