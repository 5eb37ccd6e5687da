import LLMStreaming

/// Another width that is tried: whether it is worth its streams shows what the endpoint gives with it.
///
/// More streams must bring a fifth of what they would bring if each wrote as fast as the others did before; fewer may
/// cost no more than that. They are compared by the bytes a second and by the streams that answer, which in a server with
/// slots do not change at all beyond them, however uneven the bytes are.
struct WidthTrial: Sendable {
    /// What it is tried for: growth, a fall where more streams brought nothing or less comes, a queue that is seen.
    enum Cause: Sendable { case growth, fall, queue }
    /// Whether the width stays.
    enum Verdict: Sendable { case kept, refuted }

    let cause: Cause
    /// The width before, and what it gave.
    let from: Int
    let before: Throughput
    let to: Int
    private(set) var after = Throughput()

    private let since: Duration
    /// The seconds that a verdict takes at least.
    private let least: Double
    private var begun = 0
    private var drained: Duration?
    private var settled: Duration?
    private var isNatural = true
    private var isSlow = false

    /// The part of what more streams would bring at best that they must bring.
    private static let worth = 0.2
    /// A queue that is seen is believed, unless as much is lost.
    private static let queueWorth = 0.6
    /// Standard errors that a verdict needs: it is looked for each second, so that one would often be passed by chance.
    private static let certainty = 2.0
    /// Seconds after which it is not looked for any more.
    private static let longest = 20.0
    /// Seconds for which those that waited when the width fell are given time to begin, at most.
    private static let longestSettling = 30.0

    init(_ cause: Cause, from: Int, to: Int, before: Throughput, least: Double, at now: Duration) {
        (self.cause, self.from, self.to, self.before, self.least, since) = (cause, from, to, before, least, now)
    }

    var isUp: Bool { to > from }
    var isSettled: Bool { settled != nil }

    /// Records what was seen.
    mutating func note(_ sample: EndpointSample, rate: Double, over time: Double, queue: ServerQueue) {
        begun += sample.firstTokens.count
        isSlow = queue.isSlow
        if let settled {
            guard sample.time - settled >= .seconds(before.lumpSeconds - 1) else { return }
            isNatural = isNatural && hasAnswering && queue.isNatural(sample)
            if sample.answering > 0 || !isNatural { after.add(sample, rate: rate, over: time) }
        } else if isUp ? hasGrown(sample, queue) : hasFallen(sample, queue) {
            settled = sample.time
        }
    }

    /// Whether those that were added have had time to begin.
    private func hasGrown(_ sample: EndpointSample, _ queue: ServerQueue) -> Bool {
        let elapsed = (sample.time - since).seconds
        let hasBegun = begun >= to - from && elapsed >= (queue.recent?.low ?? 0)
        return sample.open >= to - to / 10 && (hasBegun || elapsed > 3 * (queue.usual?.high ?? 1) + 2)
    }

    /// Whether those over the width have ended, and those that waited then have had time to begin.
    private mutating func hasFallen(_ sample: EndpointSample, _ queue: ServerQueue) -> Bool {
        guard sample.open <= to + to / 10 else { return false }
        let since = drained ?? sample.time
        drained = since
        return (sample.time - since).seconds >= min(Self.longestSettling, 1.2 * (queue.usual?.high ?? 0))
    }

    /// By what part there are more streams than before.
    var share: Double { after.change(of: \.streams, from: before).part }
    /// By what part more of them answer.
    var answeringGain: Double { after.change(of: \.answering, from: before).part }
    /// By what part more came: of what is compared the least.
    var gain: Double { changes.map(\.part).min() ?? 0 }

    /// How many times as many streams are tried.
    var factor: Double { Double(to) / Double(from) }
    /// The part of what more streams would bring at best that they brought.
    var part: Double { gain / max(0.01, share) }
    /// The width up to which each stream brought as much as those before it, and a little more.
    var knee: Int { min(to, max(from, Int(Double(from) * (1 + gain) * 1.06))) }

    private var changes: [Throughput.Change] {
        if isNatural, isSlow, hasAnswering, before.isWavy || after.isWavy {
            return [after.change(of: \.potential, from: before)]
        }
        let bytes = after.change(of: \.bytes, from: before)
        return hasAnswering ? [after.change(of: \.answering, from: before), bytes] : [bytes]
    }

    /// Whether the streams that answer tell something: answers that come whole have no time in which they do.
    private var hasAnswering: Bool { before.answering.value > before.streams.value / 10 }

    /// What it is, once that is clear enough.
    var verdict: Verdict? {
        guard after.seconds >= least else { return nil }
        // Nothing tells against it.
        guard before.seconds >= 2 else { return .kept }
        let bound = (cause == .queue ? Self.queueWorth : Self.worth) * share
        let margins = changes.map { (value: $0.part - bound, error: $0.error * Self.certainty) }
        let clear = margins.filter { abs($0.value) > $0.error || $0.error < abs(bound) / 2 }
        let isAllClear = clear.count == margins.count
        let isOver = after.seconds >= Self.longest
        if isUp {
            if clear.contains(where: { $0.value < 0 }) { return .refuted }
            if isAllClear { return .kept }
            guard isOver else { return nil }
            return share > 0.3 && margins.allSatisfy { $0.value > $0.error / 2 } ? .kept : .refuted
        }
        // Fewer streams answer, of course, where all of them do: the bytes tell then.
        if let bytes = margins.last, bytes.value < -bytes.error { return .refuted }
        if clear.contains(where: { $0.value > 0 }) { return .kept }
        if isAllClear { return .refuted }
        return isOver ? (cause == .queue ? .kept : .refuted) : nil
    }
}
