import LLMStreaming
import Testing

@testable import BatchEngine

/// An answer that was cut anywhere, any number of times, and gone on with exactly, equals the uninterrupted one.
struct ResumePropertyTests {
    private static let seed = SeededRandom.seed(8)

    @Test func answersCutAtRandomPlacesAreRebuiltExactly() throws {
        var random = SeededRandom(seed: Self.seed)
        var resumes = 0
        for round in 0..<3000 {
            let text = Texts.random(words: Int.random(in: 0...80, using: &random), using: &random)
            let attempt = try Attempts(text: text, stripsSpace: false, using: &random)
            resumes += attempt.resumes
            try #require(
                Texts.areSame(attempt.content, text), "seed \(Self.seed), round \(round): \(text.debugDescription)")
            try #require(
                Texts.areSame(Texts.rebuild(attempt.seams, from: attempt.texts), text),
                "seed \(Self.seed), round \(round)")
        }
        #expect(resumes > 3000)
    }

    @Test func whiteSpaceThatAServerStripsIsPutBackWhereItTrailed() throws {
        var random = SeededRandom(seed: Self.seed)
        for round in 0..<1000 {
            let text = Texts.random(words: Int.random(in: 1...80, using: &random), using: &random)
            let attempt = try Attempts(text: text, stripsSpace: true, using: &random)
            try #require(
                Texts.areSame(attempt.content, text), "seed \(Self.seed), round \(round): \(text.debugDescription)")
            try #require(
                Texts.areSame(Texts.rebuild(attempt.seams, from: attempt.texts), text),
                "seed \(Self.seed), round \(round)")
        }
    }

    /// The attempts of one job at a provider that goes on exactly, each cut at a random place, the last one whole.
    private struct Attempts {
        var content = ""
        var seams: [Seam] = []
        var texts: [Int64: String] = [:]
        var resumes = 0

        /// - Parameter stripsSpace: whether the server drops leading white space of a continuation after trailing white
        ///   space was cut off; the text is then cut behind white space only.
        init(text: String, stripsSpace: Bool, using random: inout SeededRandom) throws {
            var job = Job(
                id: 1, customID: "a", source: "a", line: 1, provider: "lab", model: "m", requestSHA256: "a",
                request: Array(#"{"prompt": "p"}"#.utf8))
            let request = try JobRequest(stored: job.request)
            let provider = Provider(name: "lab", resume: .assistant)
            let count = Int64.random(in: 1...6, using: &random)
            for id in 1...count {
                let plan = ResumePlan.make(
                    partial: job.partial, content: request.content, model: "m", provider: provider, policy: .auto,
                    isRefused: false)
                if plan.strategy == .prefill { resumes += 1 }
                var own = try #require(Texts.continuation(of: text, after: plan.prefix ?? ""))
                if stripsSpace, plan.prefix != nil {
                    own = String(own.unicodeScalars.drop { $0.properties.isWhitespace })
                }
                let isLast = id == count
                if !isLast { own = Self.cut(own, behindSpace: stripsSpace, using: &random) }
                texts[id] = own
                var accumulator = StreamingAccumulator(dialect: .openAIChat)
                for piece in Texts.pieces(own, most: 9, using: &random) { accumulator.add(StreamedChunk(.text, piece)) }
                if isLast { accumulator.add(StreamedChunk(.finish, "stop")) }
                let outcome: StreamResult.Outcome =
                    isLast
                    ? .completed(try accumulator.completion(isComplete: true)) : .failed(LLMError(.cut, "on purpose"))
                let verdict = AttemptVerdict(
                    job: job, plan: plan, attemptID: id,
                    result: StreamResult(outcome: outcome, accumulator: accumulator), policy: RetryPolicy(),
                    fraction: 0, now: 0)
                if case .completed(let records) = verdict.end.transition {
                    content = records[0].choice.content
                    seams = records[0].seams
                    #expect(Texts.areSame(records[0].choice.message["content"]?.string ?? "", content))
                }
                job.partial = verdict.end.partial ?? job.partial
                job.attemptCount += 1
                if let partial = job.partial {
                    #expect(Texts.areSame(Texts.rebuild(partial.seams, from: texts), partial.answer.text))
                }
            }
        }

        private static func cut(_ text: String, behindSpace: Bool, using random: inout SeededRandom) -> String {
            let scalars = text.unicodeScalars
            var ends = Array(0...scalars.count)
            if behindSpace {
                let all = Array(scalars)
                ends = ends.filter {
                    $0 > 0 && all[$0 - 1].properties.isWhitespace
                        && ($0 == all.count || !all[$0].properties.isWhitespace)
                }
            }
            return Texts.scalars(text, 0..<(ends.randomElement(using: &random) ?? 0))
        }
    }
}
