import ServerSentEvents
import SharedMaterial
import Testing

@testable import LLMStreaming

/// A decoder with a short cut.
protocol TwoPathDecoder {
    var isAnswered: Bool { get }
    var sequenceNumber: Int? { get }
    mutating func decode(_ event: ServerSentEvent, into chunks: inout [StreamedChunk]) throws(LLMError)
    mutating func decodeFully(_ event: ServerSentEvent, into chunks: inout [StreamedChunk]) throws(LLMError)
}

extension TwoPathDecoder {
    var sequenceNumber: Int? { nil }
}

extension OpenAIChatDecoder: TwoPathDecoder {
    mutating func decode(_ event: ServerSentEvent, into chunks: inout [StreamedChunk]) throws(LLMError) {
        let _: Progress = try decode(event, into: &chunks)
    }
}
extension OpenAIResponsesDecoder: TwoPathDecoder {
    mutating func decode(_ event: ServerSentEvent, into chunks: inout [StreamedChunk]) throws(LLMError) {
        let _: Bool = try decode(event, into: &chunks)
    }
}
extension AnthropicMessagesDecoder: TwoPathDecoder {}

/// Compares the two paths of a decoder on the events of streams and on damaged copies of them.
///
/// LLM4S_TRIALS is the number of damaged copies of each event times ten, LLM4S_SEED the seed of the damages.
struct PathComparison {
    private struct Outcome: Equatable {
        var chunks: [StreamedChunk] = []
        var error: LLMError?
        var isAnswered: Bool
        var sequenceNumber: Int?
    }

    private let seed = environment("LLM4S_SEED", default: 1)
    private let copies = max(1, environment("LLM4S_TRIALS", default: 50) / 10)
    private let isFast: (ServerSentEvent) -> Bool
    private var mutation: EventMutation
    private var events = (all: 0, fast: 0)
    private var mutants = (all: 0, fast: 0)

    init(isFast: @escaping (ServerSentEvent) -> Bool) {
        self.isFast = isFast
        mutation = EventMutation(random: SplitMix64(state: UInt64(truncatingIfNeeded: seed)))
    }

    mutating func compare(_ decoder: some TwoPathDecoder, _ events: [ServerSentEvent], _ name: String) throws {
        var (short, full) = (decoder, decoder)
        for event in events {
            for _ in 0..<copies {
                var mutant = event
                mutant.data = mutation.mutate(event.data)[...]
                if mutant.data.starts(with: "[DONE]".utf8) { continue }
                var (shortCopy, fullCopy) = (short, full)
                let (left, right) = Self.outcomes(&shortCopy, &fullCopy, mutant)
                try #require(left == right, "\(name), seed \(seed): \(mutant.text)")
                mutants.all += 1
                if isFast(mutant) { mutants.fast += 1 }
            }
            let (left, right) = Self.outcomes(&short, &full, event)
            try #require(left == right, "\(name): \(event.text)")
            self.events.all += 1
            if isFast(event) { self.events.fast += 1 }
            if left.error != nil { return }
        }
    }

    private static func outcomes<Decoder: TwoPathDecoder>(
        _ short: inout Decoder, _ full: inout Decoder, _ event: ServerSentEvent
    ) -> (Outcome, Outcome) {
        var (left, right) = (Outcome(isAnswered: false), Outcome(isAnswered: false))
        do { try short.decode(event, into: &left.chunks) } catch { left.error = error }
        do { try full.decodeFully(event, into: &right.chunks) } catch { right.error = error }
        (left.isAnswered, left.sequenceNumber) = (short.isAnswered, short.sequenceNumber)
        (right.isAnswered, right.sequenceNumber) = (full.isAnswered, full.sequenceNumber)
        return (left, right)
    }

    func report(_ name: String) {
        #expect(events.fast * 2 > events.all && mutants.fast > 0 && mutants.fast < mutants.all)
        print(
            "\(name): \(events.fast) of \(events.all) events and \(mutants.fast) of \(mutants.all) damaged ones",
            "(seed \(seed)) are taken by the hot path, all with the full decoder's result")
    }
}
