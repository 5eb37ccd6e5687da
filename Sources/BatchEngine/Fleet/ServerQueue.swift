import LLMStreaming

/// How many streams of an endpoint wait in its queue: by its metrics, or where it serves none by what first tokens show.
///
/// As TCP Vegas does with the times of packets, those that wait are compared with those that would wait without a queue:
/// as many as begin in the time in which first tokens come at best. And a queue is served in order. Where first tokens
/// overtake streams that wait much longer, their prompts or thoughts are long, and nothing tells of a queue.
struct ServerQueue: Sendable {
    /// The streams that waited in it in all of the last samples.
    ///
    /// A wave of prompts that are read one after the other does not stand that long.
    var standing: Double { history.count < Self.samples ? 0 : history.min() ?? 0 }
    /// Whether the server tells it.
    private(set) var isTold = false

    private var last: [Double] = []
    private var best: Quantiles?
    private var history: [Double] = []
    /// First contents a second, over the last four seconds or so.
    private var startsPerSecond = 0.0
    /// The share of first tokens that came before one of a stream that waited clearly longer.
    private var overtaking = 0.0

    /// The lower quarter and the upper tenth of times to first tokens, in seconds.
    struct Quantiles: Sendable {
        var low: Double
        var high: Double
    }

    /// The first tokens that quantiles are of: they come anew in seconds where more than a few streams are open.
    private static let kept = 16
    private static let least = 4
    private static let samples = 3
    /// Of first tokens in a queue hardly any overtakes; of thoughts from 1 to 40 s every other one does.
    private static let mostOvertaking = 0.25
    /// First tokens that say for how long those wait that wait.
    private static let lateness = 1.5
    /// Seconds of work ahead of those that wait, which a wave of prompts does not have for long.
    private static let lasting = 3.0

    /// Those of the last first tokens; nil before there are some.
    var recent: Quantiles? {
        guard last.count >= Self.least else { return nil }
        let sorted = last.sorted()
        return Quantiles(low: sorted[sorted.count / 4], high: sorted[sorted.count * 9 / 10])
    }

    /// Those of the time when first tokens came soonest: as they come without a queue.
    ///
    /// They hold until a queue that they show proves to be none: while one stands, nothing tells whether they still do.
    var usual: Quantiles? {
        if let best { return best }
        // A few tell little of how late others may be.
        return last.max().map { Quantiles(low: last.min() ?? $0, high: 3 * $0) }
    }

    /// The streams that wait for their first token where none waits in a queue.
    var natural: Double { startsPerSecond * (usual?.high ?? 0) }

    /// Whether first tokens take so long that those that answer come and go in waves.
    var isSlow: Bool { (usual?.high ?? 0) > 3 }

    /// Records what was seen.
    ///
    /// - Parameter time: seconds since the last sample.
    mutating func note(_ sample: EndpointSample, over time: Double) {
        let longest = sample.longestWait?.seconds ?? 0
        for seconds in sample.firstTokens.prefix(8 * Self.kept).map(\.seconds) {
            last = last.suffix(Self.kept - 1) + [seconds]
            overtaking += ((seconds + time < longest * 0.75 ? 1 : 0) - overtaking) / Double(Self.kept)
            if let recent, recent.high < best?.high ?? .infinity { best = recent }
        }
        startsPerSecond += (Double(sample.firstTokens.count) / time - startsPerSecond) * min(1, time / 4)
        isTold = sample.waitingAtServer != nil
        history = history.suffix(Self.samples - 1) + [waiting(sample)]
    }

    private func waiting(_ sample: EndpointSample) -> Double {
        if let told = sample.waitingAtServer { return Double(max(0, min(sample.waiting, told))) }
        // Where answers come whole, their times are those of first tokens.
        guard let usual, overtaking < Self.mostOvertaking, sample.answering * 10 > sample.open else { return 0 }
        let isLate = (recent?.low ?? 0) > Self.lateness * usual.high + 0.02
        return isLate || isAnyLate(sample) ? max(0, Double(sample.waiting) - natural) : 0
    }

    /// Whether a stream waits clearly longer than it would without a queue; a tenth of a second says nothing.
    private func isAnyLate(_ sample: EndpointSample) -> Bool {
        (sample.longestWait?.seconds ?? 0) > Self.lateness * (usual?.high ?? 0) + 0.1
    }

    /// Whether all that wait do so as they would without a queue.
    func isNatural(_ sample: EndpointSample) -> Bool { overtaking >= Self.mostOvertaking || !isAnyLate(sample) }

    /// Whether those that wait stay for some time, as the last first tokens show.
    func isLasting(_ sample: EndpointSample) -> Bool {
        isTold
            || (sample.longestWait?.seconds ?? 0) > 3 * (usual?.high ?? 0) + 1
                && Double(sample.waiting) > Self.lasting * startsPerSecond
    }

    /// Takes first tokens as they come now for those without a queue.
    mutating func forgetUsual() { (best, history) = (recent, []) }
}
