import LLMStreaming

/// How busy a self-hosted server says it is, at one moment.
///
/// It is late by the time of asking and says nothing of what is on its way: whoever decides by it counts its own requests
/// besides.
package struct ServerLoad: Sendable, Hashable {
    /// The requests that it works on; nil where it does not say.
    package var running: Int?
    /// The requests that wait in it: more than none for some seconds means that it has enough; nil where it does not
    /// say.
    package var waiting: Int?
    /// The part of its cache that running requests fill, 0 to 1, of several engines the fullest; nil where it does not
    /// say.
    package var cacheFill: Double?
    /// The requests whose work was thrown away for want of cache: with vLLM all since its start, with SGLang those that
    /// it lately counted; nil where it does not say.
    package var preempted: Int?

    /// A load; what is left out is not known.
    package init(running: Int? = nil, waiting: Int? = nil, cacheFill: Double? = nil, preempted: Int? = nil) {
        self.running = running
        self.waiting = waiting
        self.cacheFill = cacheFill
        self.preempted = preempted
    }
}

extension ServerLoad {
    /// The load that a page of metrics tells, in Prometheus' text format; nil where none stands there.
    ///
    /// Engines of one server are summed up. What cannot be believed is as if it were not there.
    package init?(metrics page: [UInt8]) {
        var tallies = [EngineTally](repeating: EngineTally(), count: EngineFamily.allCases.count)
        let bytes = page.span
        var reader = MetricsReader()
        while let name = reader.nextName(in: bytes) {
            guard LoadSeries.isKnown(name, in: bytes), let labels = reader.labels(in: bytes),
                let series = LoadSeries.told(by: name, labels, in: bytes), let value = reader.value(in: bytes)
            else { continue }
            tallies[series.family.rawValue].add(value, of: series.signal, key: labels.key)
        }
        // An adapter may tell the same under the names of two engines.
        guard let load = tallies.lazy.map(\.load).first(where: { $0 != ServerLoad() }) else { return nil }
        self = load
    }
}

/// What the engines of one kind behind a page tell.
///
/// A server with tensor parallelism may tell the same once for each of its ranks: of lines that differ by their rank
/// alone the greatest value counts.
private struct EngineTally {
    /// By the labels without the ranks.
    private var counts: [LoadSignal: [Int: Int]] = [:]
    private var fill: Double?

    mutating func add(_ value: Double, of signal: LoadSignal, key: Int) {
        if signal == .cacheFill {
            guard let part = Self.part(value) else { return }
            fill = max(fill ?? 0, part)
        } else if let count = Self.count(value) {
            counts[signal, default: [:]][key] = max(counts[signal]?[key] ?? 0, count)
        }
    }

    var load: ServerLoad {
        ServerLoad(
            running: sum(.running), waiting: sum(.waiting), cacheFill: fill, preempted: sum(.preempted))
    }

    /// Far from an overflow: a page has fewer lines than a million, and each tells a count.
    private func sum(_ signal: LoadSignal) -> Int? { counts[signal].map { $0.values.reduce(0, +) } }

    /// A count in a number; nil for what is none.
    private static func count(_ value: Double) -> Int? {
        guard value >= 0, value <= Double(NumberGate.counts.upperBound) else { return nil }
        return Int(value.rounded())
    }

    /// A part of a whole in a number; nil for what is none, such as a number of per cent.
    ///
    /// A little more than all is all: caches are counted while they change.
    private static func part(_ value: Double) -> Double? { (0..<2).contains(value) ? min(value, 1) : nil }
}
