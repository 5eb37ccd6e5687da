/// How the mock provider answers one request: shape, pace and fault, as a value.
///
/// The same value is written in three ways: by options in the model's name (`count-200+pace=20ms`), in the URL's query
/// (`?pace=20ms&chunk=3`) or the header `x-mock` (`pace=20ms,chunk=3`), and directly by a test's script.
/// `BehaviorOption` lists the options. SPEC section 10.
package struct MockBehavior: Sendable, Hashable {
    /// The time between two content chunks; nil sends as fast as the socket takes.
    package var pace: Duration?
    /// The time before the first content chunk; the opening events (role delta, `message_start`) do not wait.
    package var timeToFirstToken: Duration?
    /// Words in a chunk, at least 1.
    package var wordsPerChunk = 1
    /// Words in a generated text; nil takes 20 to 120 from the hash.
    ///
    /// Counting is not affected.
    package var wordCount: Int?
    /// Counts from 1 to this number instead of generating a text.
    package var countTo: Int?
    /// Sends `: OPENROUTER PROCESSING` before the opening event and before each content chunk, and on in a silence or wait.
    package var sendsComments = false
    /// Sends pings in a silence or wait, which are events with Messages and comments elsewhere.
    package var sendsPings = false
    /// The time between comments or pings in a silence; nil is the pace, or 100 ms.
    package var heartbeat: Duration?
    /// Sends reasoning before the text.
    package var sendsReasoning = false
    /// Refuses instead of answering.
    package var refuses = false
    /// Ends half-way by the content filter.
    package var isFiltered = false
    /// Calls the first tool of the request (or `lookup`) whatever `tool_choice` says.
    package var callsTool = false
    /// Reports no usage.
    package var omitsUsage = false
    /// The provider whose rule for a trailing assistant message holds; nil grants each provider's way of asking.
    package var imitates: ImitatedProvider?
    /// What is done with a trailing assistant message; nil is the provider's own way.
    package var prefill: Prefill?
    /// What is repeated where a user message asks to go on from the partial answer before it.
    package var seam = Seam.words(0)
    /// The form of an error in the stream.
    package var errorForm = InBandErrorForm.nested
    /// How a Responses stream differs from OpenAI's.
    package var responsesShape = ResponsesShape()
    /// A background response stays in the queue for ever.
    package var staysQueued = false
    /// A background response is given whole only: its stream cannot be had again.
    package var refusesReplay = false
    /// A replay sends all of its stream, as where a proxy drops the query of the request.
    package var replaysAnew = false
    /// A replay of a stored stream is cut after so many bytes.
    package var replayCutBytes: Int?
    /// A stored stream is replayed so often, then it is gone; nil is any number of times.
    package var maximumReplays: Int?
    /// Sends a load of equal events in place of a text, with chat and Messages.
    package var bulk: BulkLoad?
    /// A provider's own additions to chat chunks.
    package var chatExtras: ChatExtras?
    /// What goes wrong.
    package var fault = MockFault()
    /// The fault befalls only so many tries of the same request, later ones are answered well; nil is for ever.
    package var faultTimes: Int?
    /// The share of requests, in per cent, that fail in a seeded mix of ways; `fault` is not used then.
    package var flakyPercent: Int?
    /// Requests that fail in every way that the mock knows; `fault` is not used then.
    package var storm: FaultStorm?

    package init() {}

    /// The same behaviour with another way of continuing.
    func prefilling(_ prefill: Prefill) -> MockBehavior {
        var behavior = self
        behavior.prefill = prefill
        return behavior
    }

    /// Reads options joined with `+` or `,`, such as `slow+chunk=3` or `status=429,retryafter=1,times=2`.
    ///
    /// Values are percent-decoded, so that a value may hold `%2C` for a comma and `%2B` for a plus.
    package init(parsing options: String) throws(InvalidBehaviorOption) {
        try apply(options: options.split { $0 == "+" || $0 == "," })
    }

    /// Applies each option in turn to this behaviour.
    mutating func apply(options: [Substring]) throws(InvalidBehaviorOption) {
        for option in options {
            guard let assignment = OptionAssignment(option) else {
                throw InvalidBehaviorOption(option: String(option), reason: "no such option")
            }
            try assignment.apply(to: &self)
        }
    }

    /// Applies the options in a model's name and returns the name without them.
    ///
    /// The first part is an option only when it is a known one (a vendor before `/` is no matter) or holds `=`: names of
    /// models are free. The name is empty when the first part is an option.
    mutating func apply(modelName: String) throws(InvalidBehaviorOption) -> String {
        let parts = modelName.split(separator: "+")
        guard let first = parts.first else { return modelName }
        let name = first.contains("=") ? first : first.split(separator: "/").last ?? first
        if let assignment = OptionAssignment(name) {
            try assignment.apply(to: &self)
            try apply(options: Array(parts.dropFirst()))
            return ""
        }
        guard !name.contains("=") else {
            throw InvalidBehaviorOption(option: String(name), reason: "no such option")
        }
        try apply(options: Array(parts.dropFirst()))
        return String(first)
    }
}
