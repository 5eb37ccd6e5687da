/// How the mock provider answers one request: shape, pace and fault, as a value.
///
/// It is written by options in the model's name (`count-200+pace=20ms`), in the URL's query (`?pace=20ms&chunk=3`) or in
/// the header `x-mock` (`pace=20ms,chunk=3`), or directly by a test's script. `BehaviorOption` lists the options.
/// Contract, "Mock provider".
package struct MockBehavior: Sendable, Hashable {
    /// The time between two content chunks; nil sends as fast as the socket takes.
    package var pace: Duration?
    /// The time before the first content chunk; the opening events (role delta, `message_start`) do not wait.
    package var timeToFirstToken: Duration?
    /// Words in a chunk, at least 1.
    package var wordsPerChunk = 1
    /// Words in a generated text, but not in a counting one; nil takes 20 to 120 from the hash.
    ///
    /// Of JSON: words in each string without a limit; nil takes 1 to 8, or 60 where the answer is spoilt.
    package var wordCount: Int?
    /// Counts from 1 to this number instead of generating a text.
    package var countTo: Int?
    /// Sends `: OPENROUTER PROCESSING` before the opening event and each content chunk, and during a silence or wait.
    package var sendsComments = false
    /// Sends pings during a silence or wait: events with Messages, comments elsewhere.
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
    /// Answers with JSON that fits the request's schema; a fault's `wrong` does so too.
    package var answersWithJSON = false
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
    /// A background response can be had whole, but its stream not a second time.
    package var refusesReplay = false
    /// A replay sends the whole stream, as where a proxy drops the query of the request.
    package var replaysAnew = false
    /// The bytes after which a replay of a stored stream is cut.
    package var replayCutBytes: Int?
    /// How often a stored stream is replayed before it is gone; nil is any number of times.
    package var maximumReplays: Int?
    /// Sends a load of equal events in place of a text, with chat and Messages.
    package var bulk: BulkLoad?
    /// A provider's own additions to chat chunks.
    package var chatExtras: ChatExtras?
    /// What goes wrong.
    package var fault = MockFault()
    /// How many attempts of the same request have the fault before it is answered well; nil is all of them.
    package var faultTimes: Int?
    /// The share of requests, in per cent, that fail in a seeded mix of ways; of `fault` only `wrong` is used then.
    package var flakyPercent: Int?
    /// A mix of every fault of the mock; of `fault` only `wrong` is used then.
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
    /// Values are percent-decoded: `%2C` is a comma and `%2B` a plus.
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
    /// Any name is allowed for a model: the first part is an option only where it is a known one, with or without a vendor
    /// before it, or contains `=`. The name is empty where the first part is an option.
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

    /// Applies the options in a path's query.
    ///
    /// Other names are the provider's own, such as `api-version`.
    mutating func apply(query path: String) throws(InvalidBehaviorOption) {
        guard let mark = path.firstIndex(of: "?") else { return }
        for item in path[path.index(after: mark)...].split(separator: "&") {
            guard let assignment = OptionAssignment(item) else { continue }
            try assignment.apply(to: &self)
        }
    }
}
