import BatchEngine
import LLMStreaming

/// What a run says of the answers that it checked or copied: nothing, while all are right and of their own.
enum CheckWords {
    /// In a part of a line; nil where there is nothing to say.
    static func short(_ snapshot: RunSnapshot) -> String? {
        var parts: [String] = []
        if snapshot.askedAgain > 0 { parts.append("\(snapshot.askedAgain.grouped) asked again") }
        if snapshot.copied > 0 { parts.append("\(snapshot.copied.grouped) copied") }
        return parts.isEmpty ? nil : parts.joined(separator: " · ")
    }

    /// In a line; nil where there is nothing to say.
    static func line(_ snapshot: RunSnapshot) -> String? {
        var parts: [String] = []
        if snapshot.askedAgain > 0 {
            parts.append("\(snapshot.askedAgain.counted("answer")) not taken and asked for again")
        }
        if snapshot.stoppedEarly > 0 { parts.append("\(snapshot.stoppedEarly.grouped) stopped early") }
        if snapshot.mended > 0 { parts.append("\(snapshot.mended.grouped) mended") }
        if snapshot.copied > 0 {
            parts.append("\(snapshot.copied.counted("answer")) copied from jobs that asked the same")
        }
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
