package import LLMStreaming

/// The partial answer of the newest attempt that left one: what a resume starts from (Contract, "Going on
/// from partial output").
///
/// Its text is the answer so far, joined over all earlier attempts it went on from; the seams say how.
package struct StoredPartial: Sendable, Equatable {
    /// The attempt that left it.
    package var attemptID: Int64
    package var answer: PartialAnswer
    /// How the text of each choice is put together from the attempts' own texts.
    package var seams: [Seam]
    /// The tokens of the answer so far: for each attempt the reported ones, or the number of its pieces where that is
    /// greater, since a report from the middle of a stream may be old.
    package var tokenCount: Int
    /// The most scalars that the answer had after any attempt: more than its text has where a later one began anew.
    package var furthestScalars: Int
    /// From where the rest of the attempt's stream can be had; nil where its server does not keep it.
    package var cursor: ReplayCursor?
    /// Where the attempt was sent, and so where the cursor's stream is kept; nil where that is not known.
    ///
    /// The column does not hold it: the attempt's own row says it.
    package var endpoint: String?
    /// Where in the text the cursor's stream begins: behind what was sent along with its request.
    package var streamStart = 0
    /// The one at which the rest of a kept stream can be had; nil where there is no such stream.
    var replayEndpoint: String? { cursor == nil ? nil : endpoint }
    /// How often the response was asked for whole, because its stream could not be had.
    package var pollCount: Int?
    /// How many replays in a row brought nothing; nil for none.
    package var emptyReplays: Int?
    /// Whether an attempt of its job ended with `[DONE]` and without a finish reason: the next one that does so is
    /// whole.
    package var lacksFinishReason = false
    /// The name of the response whose stream is replayed, and its model: the rest of it may not say them again.
    package var responseID: String?
    package var model: String?
    /// The rows of the whole answer, where only a program's judgement of it is missing; else empty.
    package var whole: [CompletionRecord] = []

    /// A partial answer; what is left out follows from the answer.
    package init(
        attemptID: Int64, answer: PartialAnswer, seams: [Seam], tokenCount: Int? = nil, furthestScalars: Int? = nil
    ) {
        self.attemptID = attemptID
        self.answer = answer
        self.seams = seams
        self.tokenCount = tokenCount ?? answer.contentDeltaCount
        self.furthestScalars = furthestScalars ?? answer.text.unicodeScalars.count
    }

    /// Whether there is something to go on from or to show.
    package var isEmpty: Bool { answer.isEmpty && cursor == nil }

    /// The tokens of the first scalars of its text, rather too few than too many: a bound that is lowered by them must
    /// not end the answer early.
    package func tokens(ofScalars count: Int) -> Int {
        let total = answer.text.unicodeScalars.count
        guard count < total else { return tokenCount }
        let kept = Double(tokenCount) * Double(count) / Double(total)
        return Int(kept.clamped(to: 0...Double(tokenCount)))
    }

    /// The tokens of the first scalars of its text, as near as their share of its words tells.
    package func likelyTokens(ofScalars count: Int) -> Int {
        let total = TokenShare.Words(in: answer.text).weight
        guard total > 0, count < answer.text.unicodeScalars.count else { return tokenCount }
        let kept = TokenShare.Words(in: String(answer.text.unicodeScalars.prefix(count))).weight
        return Int((Double(tokenCount) * Double(min(kept, total)) / Double(total)).rounded())
    }

    /// The tokens of what was sent along with the request of its stream, as near as their share of the text tells.
    var sentTokens: Int { streamStart > 0 ? likelyTokens(ofScalars: streamStart) : 0 }

    /// How many scalars of the stream's own text were left out before `streamStart`: white space, or what was repeated.
    var streamSkip: Int {
        var start = 0
        for seam in seams {
            if start == streamStart { return seam.start }
            start += seam.kept + seam.restored.unicodeScalars.count
        }
        return 0
    }

    /// As the column `attempts.partial` holds it: the answer's members, `seams`, `tokens`, `furthest`, and of a kept
    /// stream `cursor`, `stream_start`, `polls`, `response_id`, `model`; and `no_finish_reason`.
    package var json: JSON {
        var object = answer.json.object ?? JSONObject()
        object["seams"] = .array(seams.map(\.json))
        object["tokens"] = .int(tokenCount)
        object["furthest"] = .int(furthestScalars)
        object["cursor"] = cursor.map { .string($0.text) }
        object["stream_start"] = cursor == nil || streamStart == 0 ? nil : .int(streamStart)
        object["polls"] = pollCount.map(JSON.int)
        object["empty_replays"] = emptyReplays.map(JSON.int)
        if lacksFinishReason { object["no_finish_reason"] = true }
        object["response_id"] = responseID.map(JSON.string)
        object["model"] = model.map(JSON.string)
        if !whole.isEmpty { object["whole"] = .array(whole.map(\.json)) }
        return .object(object)
    }

    /// What such a column holds; nil where it cannot be read.
    package init?(attemptID: Int64, json: JSON) {
        guard let answer = PartialAnswer(json: json) else { return nil }
        self.init(
            attemptID: attemptID, answer: answer, seams: (json["seams"]?.array ?? []).compactMap(Seam.init(json:)),
            tokenCount: NumberGate.count(json["tokens"]?.int), furthestScalars: NumberGate.count(json["furthest"]?.int))
        cursor = json["cursor"]?.string.flatMap(ReplayCursor.init(text:))
        if let start = json["stream_start"]?.int {
            streamStart = min(max(0, start), answer.text.unicodeScalars.count)
        }
        pollCount = NumberGate.count(json["polls"]?.int)
        emptyReplays = NumberGate.count(json["empty_replays"]?.int)
        lacksFinishReason = json["no_finish_reason"]?.bool ?? false
        responseID = json["response_id"]?.string
        model = json["model"]?.string
        whole = (json["whole"]?.array ?? []).compactMap { CompletionRecord(json: $0, seams: seams) }
    }
}

/// A piece of an answer: which part of which attempt's text it is (The database, "Tables").
///
/// The answer's text is the concatenation over its seams of `substr(text of the attempt, start + 1, kept) || restored`,
/// counted in Unicode scalars as SQLite does.
package struct Seam: Sendable, Hashable {
    package var attemptID: Int64
    package var choice: Int
    /// The first scalar of the attempt's own text that is kept.
    package var start: Int
    /// How many scalars are kept.
    package var kept: Int
    /// White space that was cut off before sending and that the continuation did not bring back.
    package var restored: String
    /// Who wrote it; nil where that is not known, and in an answer of one piece, whose attempt says it.
    package var endpoint: String?

    package init(
        attemptID: Int64, choice: Int, start: Int = 0, kept: Int, restored: String = "", endpoint: String? = nil
    ) {
        self.attemptID = attemptID
        self.choice = choice
        self.start = start
        self.kept = kept
        self.restored = restored
        self.endpoint = endpoint
    }

    package var json: JSON {
        var object = JSONObject()
        object["attempt_id"] = .int(Int(attemptID))
        object["choice"] = .int(choice)
        object["start"] = .int(start)
        object["kept"] = .int(kept)
        object["restored"] = .string(restored)
        object["endpoint"] = endpoint.map(JSON.string)
        return .object(object)
    }

    package init?(json: JSON) {
        func count(_ name: String) -> Int? { NumberGate.count(json[name]?.int) }
        guard let attemptID = json["attempt_id"]?.int, let kept = count("kept") else { return nil }
        self.init(
            attemptID: Int64(attemptID), choice: count("choice") ?? 0, start: count("start") ?? 0, kept: kept,
            restored: json["restored"]?.string ?? "", endpoint: json["endpoint"]?.string)
    }
}
