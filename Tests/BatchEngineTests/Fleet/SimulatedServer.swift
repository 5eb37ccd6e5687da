@testable import BatchEngine

/// What an inference server can do: slots, prefill, decoding that its streams share, a KV cache, and how it hands out
/// what it writes.
struct ServerPlan: Sendable {
    /// The streams that it works on at once; the others wait in a queue, first come, first served.
    var slots = Int.max
    /// Prompt tokens a second, for all streams together.
    var prefillRate = 50_000.0
    /// Tokens a second that one stream is written at, at most.
    var streamRate = 50.0
    /// Tokens a second of all streams together, at most.
    var totalRate = Double.infinity
    /// By how much of itself each further stream makes a token later: 0.01 doubles the time with a hundred.
    var slowdown = 0.0
    /// Tokens of prompts and answers that the cache holds: beyond them the youngest stream begins anew.
    var cacheTokens = Double.infinity
    /// Tokens that go out at once.
    var lump = 1.0
    /// Whether answers come whole, at their end.
    var answersWhole = false

    /// Tokens of a prompt, of an answer, and of the thoughts before it, which are not told: from the first to the second,
    /// evenly.
    var prompts = 200.0...800.0
    var answers = 500.0...2500.0
    var thoughts = 0.0...0.0
    /// The prompts among a hundred that are twenty times as long.
    var longPrompts = 0

    /// How many times as fast it is at a time, and how many times as many slots it has.
    var speed: @Sendable (_ seconds: Double) -> Double = { _ in 1 }
    var size: @Sendable (_ seconds: Double) -> Double = { _ in 1 }
    /// How many times as much all streams together are written at.
    var rate: @Sendable (_ seconds: Double) -> Double = { _ in 1 }
    /// The streams of other clients.
    var others: @Sendable (_ seconds: Double) -> Int = { _ in 0 }
    /// Whether it tells how many requests wait in its queue.
    var servesMetrics = false
    /// Whether more jobs wait for a stream than there are streams; else so many jobs come in a second.
    var jobs: @Sendable (_ seconds: Double) -> Double = { _ in .infinity }
}

/// A server by its plan and the one client that is looked at, in steps of a twentieth of a second.
struct SimulatedServer {
    struct Stream {
        var isOurs: Bool
        var sent: Double
        var prompt: Double
        var thought: Double
        var answer: Double
        /// The tokens that are written, and those of them that went out.
        var written = 0.0
        var handedOut = 0.0
        /// The tokens that are to be read before the next is written: of the prompt, and after a preemption of the answer.
        var unread: Double
        /// How fast it is written beside others: texts differ.
        var pace: Double
        var hasBegun = false
        var kept: Double { prompt + written }
    }

    static let step = 0.05

    let plan: ServerPlan
    private var random: SeededRandom
    private var queue: [Stream] = []
    private var active: [Stream] = []
    private(set) var seconds = 0.0
    private(set) var tokens = 0.0
    private var ended = 0
    private var jobs = 0.0
    private var firstTokens: [Double] = []
    private(set) var allFirstTokens: [(at: Double, after: Double)] = []
    private(set) var preempted = 0
    private(set) var running = 0
    private var othersRunning = 0

    init(plan: ServerPlan, seed: Int) {
        self.plan = plan
        random = SeededRandom(seed: seed)
    }

    /// Lets it work for a second with so many streams of ours at most.
    mutating func run(width: Int) -> EndpointSample {
        for _ in 0..<20 { step(width: width) }
        defer { firstTokens = [] }
        let waiting = (queue + active).filter { $0.isOurs && !$0.hasBegun }
        return EndpointSample(
            time: .seconds(seconds), running: running, answering: running - waiting.count, bytes: Int(tokens * 4),
            ended: ended, firstTokens: firstTokens.map { .seconds($0) },
            longestWait: waiting.map { seconds - $0.sent }.max().map { .seconds($0) },
            isDemanded: jobs >= 1, waitingAtServer: plan.servesMetrics ? queue.count : nil, silent: 0)
    }

    private mutating func step(width: Int) {
        seconds += Self.step
        jobs = min(1e9, jobs + plan.jobs(seconds) * Self.step)
        while running < width, jobs >= 1 {
            jobs -= 1
            running += 1
            queue.append(stream(isOurs: true))
        }
        while othersRunning < plan.others(seconds) {
            othersRunning += 1
            queue.append(stream(isOurs: false))
        }
        admit()
        read()
        write()
        end()
    }

    /// Lets it work for some seconds with the width that is found for it.
    ///
    /// - Returns: the width in each of them.
    mutating func run(_ finder: inout WidthFinder, seconds: Int) -> [Int] {
        (0..<seconds).map { _ in
            let width = finder.width
            finder.note(run(width: width))
            return width
        }
    }

    private mutating func stream(isOurs: Bool) -> Stream {
        var prompt = Double.random(in: plan.prompts, using: &random)
        if Int.random(in: 0..<100, using: &random) < plan.longPrompts { prompt *= 20 }
        return Stream(
            isOurs: isOurs, sent: seconds, prompt: prompt, thought: .random(in: plan.thoughts, using: &random),
            answer: .random(in: plan.answers, using: &random), unread: prompt,
            pace: .random(in: 0.9...1.1, using: &random))
    }

    /// Takes streams from the queue while there is a slot and room in the cache; too many in the cache go back.
    private mutating func admit() {
        let slots = plan.slots == .max ? Int.max : Int(Double(plan.slots) * plan.size(seconds))
        var kept = active.reduce(0) { $0 + $1.kept }
        while let first = queue.first, active.count < slots, kept + first.kept * 1.02 < plan.cacheTokens {
            active.append(queue.removeFirst())
            kept += first.kept
        }
        while active.count > 1, kept > plan.cacheTokens {
            var last = active.removeLast()
            kept -= last.kept
            last.unread = last.kept
            queue.insert(last, at: 0)
            preempted += 1
        }
    }

    private mutating func read() {
        var left = plan.prefillRate * plan.speed(seconds) * Self.step
        for index in active.indices where active[index].unread > 0 && left > 0 {
            let part = min(left, active[index].unread)
            active[index].unread -= part
            left -= part
        }
    }

    private mutating func write() {
        let writing = active.count { $0.unread <= 0 }
        guard writing > 0 else { return }
        let alone = plan.streamRate / (1 + plan.slowdown * Double(writing))
        let rate = min(alone, plan.totalRate * plan.rate(seconds) / Double(writing)) * plan.speed(seconds)
        for index in active.indices where active[index].unread <= 0 {
            if active[index].thought > 0 {
                active[index].thought -= rate * Self.step * active[index].pace
                continue
            }
            active[index].written += rate * Self.step * active[index].pace * .random(in: 0.5...1.5, using: &random)
            handOut(index)
        }
    }

    private mutating func handOut(_ index: Int) {
        let stream = active[index]
        let isDone = stream.written >= stream.answer
        // The first token goes out by itself, so that lumps of the streams do not come together.
        guard isDone || !plan.answersWhole && (!stream.hasBegun || stream.written - stream.handedOut >= plan.lump)
        else {
            return
        }
        active[index].handedOut = stream.written
        active[index].hasBegun = true
        guard stream.isOurs else { return }
        tokens += stream.written - stream.handedOut
        if !stream.hasBegun {
            firstTokens.append(seconds - stream.sent)
            allFirstTokens.append((seconds, seconds - stream.sent))
        }
    }

    private mutating func end() {
        for stream in active where stream.written >= stream.answer {
            if stream.isOurs { (running, ended) = (running - 1, ended + 1) } else { othersRunning -= 1 }
        }
        active.removeAll { $0.written >= $0.answer }
    }
}
