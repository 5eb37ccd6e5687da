import BatchEngine
import LLMStreaming

/// What a run says of the answers that it checked: nothing, while all are right.
enum CheckWords {
    /// In a part of a line; nil where there is nothing to say.
    static func short(_ snapshot: RunSnapshot) -> String? {
        snapshot.askedAgain > 0 ? "\(snapshot.askedAgain.grouped) asked again" : nil
    }

    /// In a line; nil where there is nothing to say.
    static func line(_ snapshot: RunSnapshot) -> String? {
        var parts: [String] = []
        if snapshot.askedAgain > 0 {
            parts.append("\(snapshot.askedAgain.counted("answer")) not taken and asked for again")
        }
        if snapshot.stoppedEarly > 0 { parts.append("\(snapshot.stoppedEarly.grouped) stopped early") }
        if snapshot.mended > 0 { parts.append("\(snapshot.mended.grouped) mended") }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// For a program.
    static func json(_ snapshot: RunSnapshot) -> JSON {
        [
            "asked_again": .int(snapshot.askedAgain), "stopped_early": .int(snapshot.stoppedEarly),
            "mended": .int(snapshot.mended),
        ]
    }
}
