import Foundation
import NIOCore
import Testing

@testable import MockProvider

/// Texts of numbered words: the same name gives the same words.
func words(_ name: String, _ count: Int) -> String {
    (0..<count).map { "\(name)\($0)" }.joined(separator: " ")
}

/// A prompt of one user message.
func prompt(_ text: String) throws -> PromptBlocks {
    try promptBlocks(of: #"{"model":"m","messages":[{"role":"user","content":"\#(text)"}]}"#)
}

/// The prompt of a request's body.
func promptBlocks(of body: String) throws -> PromptBlocks {
    PromptBlocks(of: try JSONDecoder().decode(AnswerRequest.self, from: Data(body.utf8)))
}

/// Limits with a change.
func limits(_ change: (inout CapacityLimits) -> Void) -> CapacityLimits {
    var limits = CapacityLimits()
    change(&limits)
    return limits
}

/// When the pure tests begin.
let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

/// A time of the pure tests.
func at(_ milliseconds: Int64) -> NIODeadline { start + .milliseconds(milliseconds) }

extension Capacity {
    /// Takes a request with a prompt of its own.
    mutating func arrive(_ id: Int, promptTokens: Int, outputTokens: Int, at time: NIODeadline) throws {
        try arrive(id, prompt: try prompt(words("p\(id)x", promptTokens)), outputTokens: outputTokens, at: time)
    }

    /// Whether a request's first so many tokens are there at a time to come.
    func has(_ tokens: Int, of id: Int, at time: NIODeadline) -> Bool {
        var later = self
        later.advance(to: time)
        return later.wait(forTokens: tokens, of: id) == .over
    }
}
