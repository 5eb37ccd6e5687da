/// The settings that change while the server runs: the one place that defines them.
package enum ControlOption: String, CaseIterable, Sendable {
    case rpm, tpm, burst, down, up, outage, behavior

    /// One line of help: the setting with its value's form, and what it does.
    package var help: (form: String, meaning: String) {
        switch self {
        case .rpm: ("rpm=N", "requests a minute for each key; 0 is no limit")
        case .tpm: ("tpm=N", "tokens a minute for each key, of prompts and answers; 0 is no limit")
        case .burst: ("burst=DURATION", "how much of its rate may come in one instant (default 3s)")
        case .down: ("down=DURATION", "an outage begins: all connections are reset, new ones refused, for so long")
        case .up: ("up", "the outage ends")
        case .outage: ("outage=refuse|reset", "whether an outage refuses connections (default) or resets them")
        case .behavior:
            ("behavior=OPTIONS", "the behaviour of every request, its options joined with '+'; may be empty")
        }
    }
}
