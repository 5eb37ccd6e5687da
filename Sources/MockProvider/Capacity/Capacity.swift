import NIOCore

/// A self-hosted server's capacity as a value: who waits, who prefills, who decodes how fast, and what its cache holds.
///
/// It has no clock: each call says what time it is, and what happened until then is worked out event by event, so that the
/// same calls give the same results. Contract, "Mock provider".
///
/// - Requests wait in the order of arrival. The first one gets a slot when one is free and the cache has room for its prompt.
/// - What the cache holds of the prompt's beginning is not computed again. A prompt's blocks can be found by others once all
///   of it is computed. The prompts that are computed at the same time share the prefill speed evenly.
/// - The end of a prefill gives the first token. Then each stream decodes at `CapacityLimits.decodeRate(running:)`.
/// - A stream whose next token needs a block where there is none takes it from the newest one that runs, itself perhaps: that
///   one goes back to the head of the queue, and its prompt and the tokens so far are computed again, as vLLM V1 does.
struct Capacity: Sendable {
    /// Why a request is not taken.
    enum Refusal: Error, Hashable {
        case queueFull(waiting: Int)
        /// The cache could not hold it even alone.
        case tooLong(tokens: Int, maximum: Int)
    }

    private(set) var limits: CapacityLimits
    private(set) var now: NIODeadline
    /// When something happens next, if no call comes before; nil where nothing will.
    private(set) var nextEvent: NIODeadline?
    /// Tokens a second of each stream that decodes; nil where decoding takes no time.
    private(set) var decodeRate: Double?
    var streams: [Int: CapacityStream] = [:]
    var waiting = CircularBuffer<Int>()
    /// The requests with a slot; the newest is the last.
    var running: [Int] = []
    var cache: PrefixCache
    /// Tokens that each prefilling request had computed since there were any.
    var prefillClock = 0.0
    /// Tokens that each decoding stream got since there were any.
    var decodeClock = 0.0
    /// How fast the clocks run, in tokens a second; zero while nobody goes by them.
    private var speeds = (prefill: 0.0, decode: 0.0)
    /// The requests that began to decode, went on or ended since `takeSooner` was called.
    var changed: [Int] = []
    /// The lowest speed by which `wait` may have said a time since `takeSooner` told all that decode.
    private var saidRate = Double.infinity
    /// How much faster streams must become before those that wait for a token are told.
    private static let notableSpeedUp = 1.1
    var counted = CapacityStatistics()
    /// Tokens of answers that are over.
    var generatedBefore = 0

    init(_ limits: CapacityLimits, now: NIODeadline) {
        self.limits = limits
        self.now = now
        decodeRate = limits.decodeRate(running: 0)
        cache = PrefixCache(capacity: limits.cacheBlocks)
    }

    /// Takes a request, which gets a slot or waits.
    ///
    /// - Parameter id: Not that of another request that has not left.
    mutating func arrive(
        _ id: Int, prompt: PromptBlocks, outputTokens: Int, at time: NIODeadline
    ) throws(Refusal) {
        advance(to: time)
        let tokens = prompt.tokens + max(1, outputTokens)
        guard CapacityLimits.blocks(holding: tokens) <= limits.cacheBlocks else {
            throw .tooLong(tokens: tokens, maximum: limits.cacheBlocks * CapacityLimits.blockTokens)
        }
        streams[id] = CapacityStream(prompt: prompt, outputTokens: outputTokens, arrived: now)
        waiting.append(id)
        settle()
        // Who arrives last waits last.
        let isRefused = waiting.last == id && waiting.count > limits.queue ?? .max
        if isRefused {
            waiting.removeLast()
            streams[id] = nil
            counted.refused += 1
        }
        plan()
        if isRefused { throw .queueFull(waiting: waiting.count) }
    }

    /// Ends a request, whole or not; a second call does nothing.
    mutating func leave(_ id: Int, at time: NIODeadline) {
        advance(to: time)
        guard let stream = streams[id] else { return }
        catchUp()
        if case .waiting = stream.phase { waiting.removeAll { $0 == id } }
        vacate(id)
        generatedBefore += streams[id]!.kept
        streams[id] = nil
        settle()
        plan()
    }

    /// Changes the limits from now on.
    ///
    /// With fewer slots those that run go on, and no other begins until there are few enough. With fewer blocks the newest
    /// are put back until the others fit.
    mutating func change(_ limits: CapacityLimits, at time: NIODeadline) {
        advance(to: time)
        catchUp()
        self.limits = limits
        cache.changeCapacity(limits.cacheBlocks)
        while cache.room < 0, running.count > 1 { preempt(running[running.count - 1]) }
        if limits.decodeRate(running: 1) == nil {
            for id in running where isDecoding(id) {
                streams[id]!.phase = .decoding(start: decodeClock, first: streams[id]!.outputTokens)
            }
        }
        settle()
        plan()
    }

    /// Works out what happened until a time.
    mutating func advance(to time: NIODeadline) {
        while let event = nextEvent, event <= time {
            move(to: event)
            settle()
            plan()
        }
        move(to: max(now, time))
    }

    private mutating func move(to time: NIODeadline) {
        let seconds = Double((time - now).nanoseconds) / 1e9
        now = time
        prefillClock += seconds * speeds.prefill
        decodeClock += seconds * speeds.decode
    }

    /// Sets the speeds by who prefills and decodes now, and the time of the next event.
    private mutating func plan() {
        counted.longestQueue = max(counted.longestQueue, waiting.count)
        var prefilling = 0
        var decoding = 0
        var prefillTokens = Double.infinity
        var decodeTokens = Double.infinity
        var blockTokens = Double.infinity
        for id in running {
            let stream = streams[id]!
            if case .prefilling(let end, _) = stream.phase {
                prefilling += 1
                prefillTokens = min(prefillTokens, end - prefillClock)
            } else if let end = stream.endOfDecoding, let full = stream.endOfBlocks {
                decoding += 1
                decodeTokens = min(decodeTokens, end - decodeClock)
                blockTokens = min(blockTokens, full - decodeClock)
            }
        }
        // While there is room for all it does not matter when each gets its next block, and an event is a walk over all.
        let spare = Double(cache.room / max(1, decoding)) * Double(CapacityLimits.blockTokens)
        decodeTokens = min(decodeTokens, max(blockTokens, spare))
        decodeRate = limits.decodeRate(running: decoding)
        speeds.prefill = prefilling > 0 ? Double(limits.prefillRate ?? 0) / Double(prefilling) : 0
        speeds.decode = decoding > 0 ? decodeRate ?? 0 : 0
        // Small numbers are exact for longer.
        if prefilling == 0 { prefillClock = 0 }
        if decoding == 0 { decodeClock = 0 }
        let waits = [(prefillTokens, speeds.prefill), (decodeTokens, speeds.decode)]
        nextEvent = waits.filter { $1 > 0 }.map { $0 / $1 }.min().flatMap { time(in: $0) }
    }

    /// The time this many seconds from now, never now, so that time goes on; nil where it is too far.
    private func time(in seconds: Double) -> NIODeadline? {
        // A little of rounding is not worth a nanosecond.
        let nanoseconds = (seconds * 1e9 - 1e-3).rounded(.up)
        return nanoseconds < 1e18 ? now + .nanoseconds(max(1, Int64(nanoseconds))) : nil
    }
}

extension Capacity {
    /// When a number of tokens of an answer are there.
    enum Wait: Sendable, Hashable {
        /// They are.
        case over
        /// At this time if all goes on as now.
        case until(NIODeadline)
        /// The request waits, or its prompt is computed.
        case unknown
    }

    /// Whether a number of tokens of an answer are there, and else when; of a request that left all are.
    ///
    /// A stream that was put back has none until it goes on.
    func wait(forTokens tokens: Int, of id: Int) -> Wait {
        guard let stream = streams[id] else { return .over }
        switch stream.phase {
        case .waiting, .prefilling: return .unknown
        case .finished: return .over
        case .decoding(let start, let first):
            let needed = min(tokens, stream.outputTokens)
            if stream.generated(at: decodeClock) >= needed { return .over }
            guard let decodeRate else { return .over }
            return time(in: (start + Double(needed - first) - decodeClock) / decodeRate).map { .until($0) } ?? .unknown
        }
    }

    /// Prompt tokens that a request found in the cache; nil before it got a slot.
    func cachedTokens(of id: Int) -> Int? { streams[id]?.cachedTokens }

    /// Whether a request's stream decodes.
    func isDecoding(_ id: Int) -> Bool { streams[id]?.endOfDecoding != nil }

    /// The requests whose tokens may be there before the time that `wait` said, since the last call; some of them twice.
    mutating func takeSooner() -> [Int] {
        defer { changed.removeAll(keepingCapacity: true) }
        let rate = decodeRate ?? .infinity
        guard rate > saidRate * Self.notableSpeedUp else {
            saidRate = min(saidRate, rate)
            return changed
        }
        saidRate = rate
        return changed + running.filter(isDecoding)
    }

    /// What was counted, and what runs at the time of the last call.
    var statistics: CapacityStatistics {
        var statistics = counted
        statistics.running = running.count
        statistics.waiting = waiting.count
        let held = streams.values.reduce(cache.heldBlocks) { $0 + $1.missingBlocks(at: decodeClock) }
        statistics.cacheUsage = Double(held) / Double(max(1, cache.capacity))
        statistics.generatedTokens =
            generatedBefore + streams.values.reduce(0) { $0 + $1.generated(at: decodeClock) }
        return statistics
    }
}
