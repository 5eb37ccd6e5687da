package import LLMStreaming

/// A piece of an answer: which part of which attempt's text it is (SPEC 6, `completions.seams`).
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

    package init(attemptID: Int64, choice: Int, start: Int = 0, kept: Int, restored: String = "") {
        self.attemptID = attemptID
        self.choice = choice
        self.start = start
        self.kept = kept
        self.restored = restored
    }

    package var json: JSON {
        [
            "attempt_id": .int(Int(attemptID)), "choice": .int(choice), "start": .int(start), "kept": .int(kept),
            "restored": .string(restored),
        ]
    }

    package init?(json: JSON) {
        func count(_ name: String) -> Int? { NumberGate.count(json[name]?.int) }
        guard let attemptID = json["attempt_id"]?.int, let kept = count("kept") else { return nil }
        self.init(
            attemptID: Int64(attemptID), choice: count("choice") ?? 0, start: count("start") ?? 0, kept: kept,
            restored: json["restored"]?.string ?? "")
    }
}
