import Foundation

/// The goals that are measured with streams of the lean source.
struct StreamGoals {
    private let workplace: Workplace
    private let scale: GoalScale

    init(_ workplace: Workplace, _ scale: GoalScale) {
        self.workplace = workplace
        self.scale = scale
    }

    private func withSource<Value>(_ body: (Source) throws -> Value) throws -> Value {
        let source = try Source(scratch: workplace.scratch)
        defer { source.stop() }
        return try body(source)
    }

    /// The lines of the Python clients, where they can be measured.
    private func withPython(_ lines: () -> [GoalLine]) -> [GoalLine] { workplace.hasPython ? lines() : [] }

    private var paced: Load { .paced(streams: scale.streams, milliseconds: 50, seconds: scale.seconds) }

    /// CPU of each event, of every side in turn.
    func cpu() throws -> [GoalLine] {
        try withSource { source in
            var own: [Double?] = []
            var unstored: [Double?] = []
            var reader: [Double?] = []
            var aiohttp: [Double?] = []
            var openAI: [Double?] = []
            var idle: [Double?] = []
            var slow = paced
            slow.streams = scale.slowStreams
            for _ in 0..<scale.rounds {
                let full = source.measureOwn(paced, store: "full")
                own.append(full?.cost)
                idle.append(full?.sourceIdle)
                unstored.append(source.measureOwn(paced, store: "none")?.cost)
                reader.append(workplace.measureReader(paced, from: source)?.cost)
                aiohttp.append(workplace.measureAiohttp(paced, from: source)?.cost)
                openAI.append(workplace.measureOpenAI(slow, from: source)?.cost)
            }
            let lines = [
                GoalLine("llm4s-batch, every chunk stored, us", .none, own),
                GoalLine("llm4s-batch, no store, us", .none, unstored),
                GoalLine("C epoll reader, us", .none, reader),
                GoalLine("llm4s-batch / C reader", .atMost(1.7), ratios(own, reader), unit: " x"),
                GoalLine("source idle, %", .none, idle.map { $0.map { 100 * $0 } }, digits: 0),
            ]
            return lines
                + withPython {
                    [
                        GoalLine("aiohttp + orjson, us", .none, aiohttp),
                        GoalLine("openai-python at \(scale.slowStreams) streams, us", .none, openAI),
                        GoalLine("llm4s-batch / aiohttp + orjson", .atMost(0.5), ratios(own, aiohttp), unit: " x"),
                        GoalLine(
                            "llm4s-batch / openai-python", .atMost(0.05), ratios(own, openAI), unit: " x", digits: 3),
                    ]
                }
        }
    }

    /// Events a second, of every side in turn; beside it CPU of each event, which a busy machine does not change.
    func unpaced() throws -> [GoalLine] {
        try withSource { source in
            let load = Load.flood(streams: scale.streams, seconds: scale.seconds)
            var slow = load
            slow.streams = scale.slowStreams
            var own: [Figures?] = []
            var reader: [Figures?] = []
            var aiohttp: [Figures?] = []
            var openAI: [Figures?] = []
            for _ in 0..<scale.rounds {
                own.append(source.measureOwn(load, store: "full"))
                reader.append(workplace.measureReader(load, from: source))
                aiohttp.append(workplace.measureAiohttp(load, from: source))
                openAI.append(workplace.measureOpenAI(slow, from: source))
            }
            func rates(_ figures: [Figures?]) -> [Double?] { figures.map { $0?.rate } }
            func costs(_ figures: [Figures?]) -> [Double?] { figures.map { $0?.cost } }
            let lines = [
                GoalLine("llm4s-batch, events/s", .atLeast(650_000), rates(own), digits: 0),
                GoalLine("C epoll reader, events/s", .none, rates(reader), digits: 0),
                GoalLine("llm4s-batch, us of CPU an event", .none, costs(own)),
                GoalLine("C epoll reader, us of CPU an event", .none, costs(reader)),
                GoalLine("source idle, %", .none, own.map { $0?.sourceIdle.map { 100 * $0 } }, digits: 0),
            ]
            return lines
                + withPython {
                    [
                        GoalLine("aiohttp + orjson, events/s", .none, rates(aiohttp), digits: 0),
                        GoalLine(
                            "openai-python at \(scale.slowStreams) streams, events/s", .none, rates(openAI), digits: 0),
                        GoalLine("aiohttp + orjson, us of CPU an event", .none, costs(aiohttp)),
                        GoalLine("openai-python, us of CPU an event", .none, costs(openAI)),
                        GoalLine(
                            "llm4s-batch / aiohttp + orjson", .atLeast(7), ratios(rates(own), rates(aiohttp)),
                            unit: " x", digits: 1),
                        GoalLine(
                            "llm4s-batch / openai-python", .atLeast(100), ratios(rates(own), rates(openAI)),
                            unit: " x", digits: 0),
                        GoalLine(
                            "CPU: aiohttp + orjson / llm4s-batch", .none, ratios(costs(aiohttp), costs(own)),
                            unit: " x", digits: 1),
                        GoalLine(
                            "CPU: openai-python / llm4s-batch", .none, ratios(costs(openAI), costs(own)), unit: " x",
                            digits: 0),
                    ]
                }
        }
    }

    /// From the source's stamp to the decoded chunk, and to the row.
    func latency() throws -> [GoalLine] {
        try withSource { source in
            var own: [Figures?] = []
            var reader: [Figures?] = []
            for _ in 0..<scale.rounds {
                own.append(source.measureOwn(paced.stamped, store: "full"))
                reader.append(workplace.measureReader(paced.stamped, from: source))
            }
            func milliseconds(_ figures: [Figures?], _ key: String) -> [Double?] {
                figures.map { $0?.number(key).map { $0 / 1000 } }
            }
            func over(_ key: String) -> [Double?] {
                zip(milliseconds(own, key), milliseconds(reader, key)).map { own, reader in
                    if let own, let reader { own - reader } else { nil }
                }
            }
            return [
                GoalLine("llm4s-batch p50, ms", .none, milliseconds(own, "latency_p50_us"), digits: 3),
                GoalLine("llm4s-batch p99, ms", .none, milliseconds(own, "latency_p99_us"), digits: 3),
                GoalLine("C reader p50, ms", .none, milliseconds(reader, "latency_p50_us"), digits: 3),
                GoalLine("C reader p99, ms", .none, milliseconds(reader, "latency_p99_us"), digits: 3),
                GoalLine("p50 over the C reader's", .atMost(0.15), over("latency_p50_us"), unit: " ms", digits: 3),
                GoalLine("p99 over the C reader's", .atMost(2), over("latency_p99_us"), unit: " ms", digits: 3),
                GoalLine("stamp to committed row p50, ms", .none, milliseconds(own, "stored_p50_us")),
                GoalLine("stamp to committed row p99, ms", .none, milliseconds(own, "stored_p99_us")),
            ]
        }
    }

    /// What streams take.
    func memory() throws -> [GoalLine] {
        try withSource { source in
            var prompts = Load.paced(streams: scale.promptStreams, milliseconds: 50, seconds: scale.seconds)
            prompts.promptBytes = 4096
            // What a process takes without any stream is no part of a stream: it falls out of the difference.
            let more = Load.paced(streams: 4 * scale.streams, milliseconds: 200, seconds: scale.seconds)
            func perStream(_ store: String) -> Double? {
                guard let few = source.measureOwn(paced, store: store)?.number("resident_kb"),
                    let many = source.measureOwn(more, store: store)?.number("resident_kb")
                else { return nil }
                return (many - few) / Double(more.streams - paced.streams)
            }
            var stored: [Double?] = []
            var unstored: [Double?] = []
            var whole: [Double?] = []
            for _ in 0..<scale.rounds {
                stored.append(perStream("full"))
                unstored.append(perStream("none"))
                whole.append(source.measureOwn(prompts, store: "full")?.number("peak_resident_kb").map { $0 / 1024 })
            }
            return [
                GoalLine(
                    "each of \(more.streams) streams over \(scale.streams)", .atMost(12), stored, unit: " KB", digits: 1
                ),
                GoalLine("the same without a store", .none, unstored, unit: " KB", digits: 1),
                GoalLine("\(scale.promptStreams) streams, 4 KB prompts", .atMost(100), whole, unit: " MB", digits: 1),
            ]
        }
    }

    /// Many streams at the event rate of fewer.
    func manyStreams() throws -> [GoalLine] {
        try withSource { source in
            let many = Load.paced(
                streams: scale.manyStreams, milliseconds: 50 * scale.manyStreams / scale.streams,
                seconds: max(scale.seconds, scale.isSmoke ? 1 : 3))
            var fewCost: [Double?] = []
            var manyCost: [Double?] = []
            var least: [Double?] = []
            for _ in 0..<scale.rounds {
                fewCost.append(source.measureOwn(paced, store: "full")?.cost)
                manyCost.append(source.measureOwn(many, store: "full")?.cost)
                least.append(source.measureOwn(many.stamped, store: "full")?.number("least_events_of_a_stream"))
            }
            return [
                GoalLine("at \(scale.streams) streams, us an event", .none, fewCost),
                GoalLine("at \(scale.manyStreams) streams, us an event", .none, manyCost),
                GoalLine("ratio", .atMost(1.3), ratios(manyCost, fewCost), unit: " x"),
                GoalLine("events of the slowest stream in the window", .atLeast(1), least, digits: 0),
            ]
        }
    }

    /// What an event costs early and late in a database.
    func growth() throws -> [GoalLine] {
        try withSource { source in
            var load = Load(streams: scale.streams, model: "bulk=2000+packet=10")
            load.settleSeconds = scale.isSmoke ? 0.1 : 1
            var early: [Double?] = []
            var late: [Double?] = []
            for _ in 0..<scale.rounds {
                let figures = source.measureOwn(
                    load, store: "full", extra: ["--until-chunks", "\(scale.manyChunks)"])
                // Of twenty equal parts: the streams have begun before the first.
                let parts = figures?.partCosts ?? []
                early.append(Array(parts.prefix(4)).median)
                late.append(Array(parts.suffix(4)).median)
            }
            return [
                GoalLine("the first fifth of \(scale.manyChunks) chunks, us an event", .none, early, digits: 3),
                GoalLine("the last fifth, us an event", .none, late, digits: 3),
                GoalLine("ratio", .atMost(1.1), ratios(late, early), unit: " x"),
            ]
        }
    }
}

/// One list over the other, round by round.
func ratios(_ values: [Double?], _ others: [Double?]) -> [Double?] {
    zip(values, others).map { value, other in
        if let value, let other, other > 0 { value / other } else { nil }
    }
}
