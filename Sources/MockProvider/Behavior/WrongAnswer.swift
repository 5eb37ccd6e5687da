/// How an answer that is to be checked is spoilt.
///
/// The wrong place comes early and a long string after it, where the schema allows it: a client that stops at the first
/// wrong byte then has something to save. A way for which a schema leaves no room becomes another one: `missing`, `enum`
/// and, where `any` chose it, `extra` become `type`; that, `duplicate` and `loop` become `syntax`.
package enum WrongAnswer: String, Sendable, Hashable, CaseIterable {
    /// A code fence around the right value.
    case fence
    /// `<think>…</think>` before the right value.
    case think
    /// A sentence before the right value.
    case prose
    /// A sentence behind the right value.
    case tail
    /// Spaces only, as DeepSeek's answers that would not be JSON.
    case blank
    /// A required member is left out.
    case missing
    /// A number as a string; without one, another value of a wrong type.
    case type
    /// A value outside an enum or const.
    case `enum`
    /// A member more, before the others; it is wrong where the schema forbids it.
    case extra
    /// The right value twice.
    case two
    /// A colon or comma in the value's first half is another character.
    case syntax
    /// The value ends in its middle, with the finish reason of a whole answer.
    case open
    /// A refusal.
    case refuse
    /// The last string goes on with one sentence 60 times or more; it fits the schema unless its length is limited.
    case loop
    /// A bare `NaN` in place of a number.
    case nan
    /// A member twice.
    case duplicate
    /// A call of the first tool whose arguments lack a required member or have one of a wrong type.
    case tool
    /// One of the others, by a hash of the request; `tool` only where the request has tools.
    case any
}
