import LLMStreaming

/// How answers ended, where it was not as one hopes: cut, filtered, refused, or without a word.
struct FinishReport {
    var counts: [FinishReason: Int]

    /// One line; nil where all ended well.
    var text: String? {
        let total = ProgressLine.count(counts.values.reduce(0, +))
        let parts = Self.words.compactMap { reason, words in
            counts[reason].map { (ProgressLine.count($0), words) }
        }
        guard let first = parts.first else { return nil }
        let others = parts.dropFirst().map { ", \($0.0) \($0.1)" }.joined()
        return "\(first.0) of \(total) were \(first.1)\(others)"
    }

    var json: JSON {
        let known = FinishReason.allCases.compactMap { reason in
            counts[reason].map { JSONObject.Member(key: reason.rawValue, value: .int($0)) }
        }
        return .object(JSONObject(known))
    }

    /// What to do about those that were cut; nil where none was.
    var advice: String? {
        counts[.length] == nil
            ? nil : "raise max_tokens for those; results --finish-reason length gives them"
    }

    private static let words: [(FinishReason, String)] = [
        (.length, "cut by max_tokens"), (.contentFilter, "ended by a content filter"), (.refusal, "refused"),
        (.unknown, "ended without a known reason"),
    ]
}
