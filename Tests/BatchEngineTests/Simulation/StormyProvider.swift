import BatchEngine
import LLMStreaming
import Testing

/// A way in which a request fails, as the client tells it: what the mock's storm does, and the way to a server.
///
/// Not among them: 402 and 403, three of which in a row stop a provider, as they should.
enum StormFault: String, CaseIterable, Sendable {
    case limitAsked, limitAskedShort, limitUnasked, overload, unavailable, unavailableAsked
    case server, badGateway, requestTimeout, invalid
    case dropped, refusedConnection, connectTimeout, stale
    case silentBeforeAnswer, silentInAnswer
    case cutAtOnce, cutInAnswer, errorInAnswer, malformed

    /// Nothing more comes, and nothing ends it before the clock does.
    static let silent: [StormFault] = [.silentBeforeAnswer, .silentInAnswer]

    fileprivate var answer: SimulatedAnswer {
        switch self {
        case .limitAsked: .refuses(.rateLimit, 429, retryAfter: .seconds(1))
        case .limitAskedShort: .refuses(.rateLimit, 429, retryAfter: .milliseconds(300))
        case .limitUnasked: .refuses(.rateLimit, 429)
        case .overload: .refuses(.overloaded, 529)
        case .unavailable: .refuses(.overloaded, 503)
        case .unavailableAsked: .refuses(.overloaded, 503, retryAfter: .seconds(2))
        case .server: .refuses(.server, 500)
        case .badGateway: .refuses(.server, 502)
        case .requestTimeout: .refuses(.server, 408)
        case .invalid: .refuses(.invalidRequest, 400)
        case .dropped, .cutAtOnce: .fails(.cut, after: .milliseconds(20))
        case .refusedConnection: .fails(.connect, after: .milliseconds(1))
        case .connectTimeout: .fails(.timeoutConnect, after: .seconds(10))
        case .stale: .isStale
        case .silentBeforeAnswer: .fails(.timeoutFirstToken, after: .seconds(600))
        case .silentInAnswer: .fails(.timeoutIdle, after: .seconds(600), saying: ["Some", "thing"])
        case .cutInAnswer: .fails(.cut, after: .milliseconds(700), saying: ["Some", "thing"])
        case .errorInAnswer: .fails(.server, after: .milliseconds(700), saying: ["Some", "thing"])
        case .malformed: .fails(.decode, after: .milliseconds(700), saying: ["Some", "thing"])
        }
    }
}

extension SimulatedAnswer {
    fileprivate static func refuses(_ kind: ErrorKind, _ status: Int, retryAfter: Duration? = nil) -> SimulatedAnswer {
        let error = LLMError(kind, "on purpose", httpStatus: status, retryAfter: retryAfter)
        return SimulatedAnswer(time: .milliseconds(20), ending: .fails(error))
    }
}

/// A provider that fails a share of its requests, by a seed, and answers the others.
struct StormyProvider: Sendable, CustomTestStringConvertible {
    /// What fails, and how many in a hundred, for so long; then the next phase.
    struct Phase: Sendable {
        var faults: [StormFault] = StormFault.allCases
        var percent: Int
        var duration: Duration = .seconds(86_400 * 365)
    }

    var seed: Int
    var phases: [Phase]
    /// An answer takes from half of this to one and a half.
    var answerTime: Duration = .seconds(1)

    /// So many tries of a job fail at most, as with the mock.
    private static let maximumFaults = 3

    init(seed: Int, percent: Int, faults: [StormFault] = StormFault.allCases, answerTime: Duration = .seconds(1)) {
        self.seed = SeededRandom.seed(seed)
        self.answerTime = answerTime
        phases = [Phase(faults: faults, percent: percent)]
    }

    var testDescription: String {
        let texts = phases.map { phase in
            let faults = phase.faults.count == StormFault.allCases.count ? "all" : "\(phase.faults.map(\.rawValue))"
            return "\(phase.percent) % of \(faults)"
        }
        return "seed \(seed), \(texts.joined(separator: ", then ")), answers in \(answerTime)"
    }

    /// What it answers.
    func answer(_ call: SimulatedCall) -> SimulatedAnswer {
        var random = SeededRandom(seed: seed &* 7_368_787 &+ call.job &* 1009 &+ call.attempt)
        var begin = Duration.zero
        let phase = phases.first { phase in
            begin += phase.duration
            return call.time < begin
        }
        if let phase, call.attempt <= Self.maximumFaults, Int.random(in: 0..<100, using: &random) < phase.percent {
            return phase.faults.randomElement(using: &random)!.answer
        }
        return .says("one", "two", after: answerTime * Double.random(in: 0.5...1.5, using: &random))
    }
}
