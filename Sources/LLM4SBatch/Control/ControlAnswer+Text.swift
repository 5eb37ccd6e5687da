import BatchEngine
import LLMStreaming

/// What became of a command, in words.
extension ControlAnswer {
    var sentence: String {
        let kept = request.isKept ? "; resume takes it over" : ""
        switch request.command {
        case .pause: return "paused: nothing more is sent\(goOn)"
        case .proceed: return "the run goes on"
        case .drain: return "the run ends: no more jobs are taken up\(goOn(within: " for --drain-timeout"))"
        case .concurrency(.auto): return "each endpoint gets as many streams as it answers well\(goOn)\(kept)"
        case .concurrency(.count(let streams)): return "concurrency is \(streams)\(goOn)\(kept)"
        case .rate(let resource, let provider, let perMinute):
            let name = provider ?? "each provider"
            let rate = perMinute.map { "\($0.counted(resource == .requests ? "request" : "token")) a minute" }
            return "\(name) gets \(rate ?? "as many \(resource.text) a minute as its headers allow")\(kept)"
        case .maximumCost(let cost):
            guard let cost else { return "the cost is not bounded any more\(kept)" }
            return "the jobs may cost \(JSON.double(cost).text) US dollars\(goOn)\(kept)"
        case .cancel, .now: return jobText
        case .status: return statusText
        }
    }

    private var goOn: String { goOn(within: "") }

    private func goOn(within time: String) -> String {
        guard streamsOver > 0 else { return "" }
        let isPart = if case .concurrency = request.command { " over it" } else { "" }
        return "; \(streamsOver.counted("open stream"))\(isPart) \(streamsOver == 1 ? "goes" : "go") on\(time)"
    }

    /// How many jobs are what, those that are not what was asked for by name.
    private var jobText: String {
        let asked = request.command.name == .cancel ? "cancelled" : "next"
        let done = jobs.count { $0.state == asked }
        let others = jobs.filter { $0.state != asked }.map { job in
            "'\(job.id)' " + Self.text(ofState: job.state)
        }
        let shown = others.prefix(20) + (others.count > 20 ? ["and \(others.count - 20) more are not"] : [])
        let first = asked == "next" ? "\(done.counted("job")) sent next" : "\(done.counted("job")) cancelled"
        let closed = streamsOver > 0 ? ", \(streamsOver.counted("stream")) closed" : ""
        return ([first + closed] + shown).joined(separator: "; ")
    }

    private static func text(ofState state: String) -> String {
        switch state {
        case "elsewhere": "is not of this run"
        case "stopped": "waits: its provider or model was stopped in this run"
        default: "is \(state)"
        }
    }

    private var statusText: String {
        guard let status else { return "" }
        func count(_ name: String) -> Int { status[name]?.int ?? 0 }
        let isFound = status["concurrency_auto"]?.bool == true
        var parts = [
            status["state"]?.string ?? "",
            "\(count("streams").grouped) of \(isFound ? "at most " : "")\(count("concurrency").grouped) streams open",
            "\(count("completed").grouped) completed",
        ]
        for name in ["failed", "cancelled", "left", "waiting"] where count(name) > 0 {
            parts.append("\(count(name).grouped) \(name)")
        }
        for name in ["rpm", "tpm"] {
            for member in status[name]?.object?.members ?? [] {
                parts.append("\(name) \(member.key)=\(member.value.text)")
            }
        }
        if let cost = status["max_cost"]?.double { parts.append("max-cost \(JSON.double(cost).text)") }
        return parts.joined(separator: " · ")
    }
}
