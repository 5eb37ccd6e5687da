/// A change of a running server, as a value: `rpm=300,tpm=20000`, `down=3s`, `behavior=status=402`.
package struct ControlSettings: Sendable, Hashable {
    /// What an outage does with a new connection.
    package enum OutageForm: String, Sendable, Hashable, CaseIterable {
        /// Nobody listens.
        case refuse
        /// It is accepted and reset.
        case reset
    }

    /// What becomes of the outage.
    package enum Outage: Sendable, Hashable {
        case begins(Duration)
        case ends
    }

    /// Requests a minute; zero is no limit.
    package var requestsPerMinute: Int?
    /// Tokens a minute; zero is no limit.
    package var tokensPerMinute: Int?
    package var burst: Duration?
    package var outage: Outage?
    package var outageForm: OutageForm?
    package var behavior: MockBehavior?

    package init() {}

    /// Reads settings joined with `,`.
    package init(parsing text: String) throws(InvalidBehaviorOption) {
        for part in text.split(separator: ",") {
            let item = part.trimmingSpaces()
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let option = ControlOption(rawValue: String(pair[0])) else {
                throw InvalidBehaviorOption(option: String(item), reason: "no such setting")
            }
            let value = OptionValue(option: String(item), text: pair.count > 1 ? String(pair[1]) : nil)
            switch option {
            case .rpm: requestsPerMinute = try value.integer()
            case .tpm: tokensPerMinute = try value.integer()
            case .burst: burst = try value.duration()
            case .down: outage = .begins(try value.duration())
            case .up: try value.flag { outage = .ends }
            case .outage: outageForm = try value.choice(OutageForm.self)
            case .behavior: behavior = try MockBehavior(parsing: value.text ?? "")
            }
        }
    }
}
