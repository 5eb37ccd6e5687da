import BatchEngine
import BatchStore
import LLM4SBatch
import LLMStreaming

/// What `resume` and `retry` take over from the run before, where the user says nothing else.
struct RememberedLimits {
    /// The names of the options, each with its value as it would be typed.
    private(set) var taken: [(name: String, value: String)] = []
    /// What no option says of what the run before was told to keep.
    private(set) var kept = KeptLimits()

    /// Takes over what an earlier run's options say; what they cannot say, since others wrote them, is left out.
    ///
    /// - Parameters:
    ///   - stored: the options of the run before, JSON.
    ///   - changes: what that run was told to keep.
    ///   - limits: those that the user gave; what is missing is filled in.
    ///   - pools: in which order jobs are sent, in the same way.
    ///   - answers: what is made of answers, in the same way.
    init(
        _ stored: String, _ changes: [RunChange] = [], into limits: inout LimitOptions, _ pools: inout PoolOptions,
        _ answers: inout AnswerOptions
    ) throws {
        guard var options = (try? JSONParser.parse(Array(stored.utf8)))?.object else { return }
        take(changes, of: &options, into: &limits.rates)
        limits.rates.rpm = take("rpm", limits.rates.rpm, options) { FlagBounds.counts.contains($0) }
        limits.rates.tpm = take("tpm", limits.rates.tpm, options) { FlagBounds.counts.contains($0) }
        limits.share = take("share", limits.share, options) { _ in true }
        limits.maximumCost = take("max-cost", limits.maximumCost, options) {
            $0 > 0 && $0 <= NumberGate.dollars.upperBound
        }
        limits.maximumTokens = take("max-tokens-total", limits.maximumTokens, options) {
            FlagBounds.counts.contains($0)
        }
        if limits.rates.prices == nil, let path = options["prices"]?.string, !path.isEmpty {
            limits.rates.prices = path
            if path != "none" { taken.append(("prices", path)) }
        }
        if kept.concurrency == .auto { takeBounds(options, into: &limits.rates, &pools) }
        taken += pools.remember(options)
        taken += try answers.remember(options)
    }

    /// Takes over what the run before was told, on top of its options, unless the user says otherwise now.
    private mutating func take(_ changes: [RunChange], of options: inout JSONObject, into rates: inout RateOptions) {
        kept = KeptLimits(options)
        for change in changes {
            guard let command = KeptLimits.command(change.command, change.value), !kept.add(command) else { continue }
            // The rest is said by options.
            let value = command.value ?? "none"
            if command.isKeepable { options[command.name.rawValue] = .string(value) }
        }
        if rates.rpm != nil { kept.forget(.requests) }
        if rates.tpm != nil { kept.forget(.tokens) }
        if rates.concurrency != nil { kept.concurrency = nil }
        rates.concurrency = rates.concurrency ?? kept.concurrency
    }

    /// What bounds the width that is found.
    private mutating func takeBounds(
        _ options: JSONObject, into rates: inout RateOptions, _ pools: inout PoolOptions
    ) {
        if rates.concurrencyMax == nil, let most = options["concurrency-max"]?.int, FlagBounds.streams.contains(most) {
            rates.concurrencyMax = most
            taken.append(("concurrency-max", "\(most)"))
        }
        if pools.ttftTarget == nil, let text = options["ttft-target"]?.string,
            let target = DurationArgument(argument: text), target.duration > .zero
        {
            pools.ttftTarget = target
            taken.append(("ttft-target", text))
        }
    }

    private mutating func take<Value>(
        _ name: String, _ given: LimitArgument<Value>?, _ options: JSONObject, _ isSound: (Value) -> Bool
    ) -> LimitArgument<Value>? {
        if let given { return given }
        let text: String? =
            switch options[name] {
            case .number(let text)?, .string(let text)?: text
            default: nil
            }
        guard let text, let limit = LimitArgument<Value>(argument: text) else { return nil }
        guard let value = limit.value else { return limit }
        guard isSound(value) else { return nil }
        taken.append((name, text))
        return limit
    }

    /// What is said of it; nil where nothing was taken over.
    var text: String? {
        var parts: [String] = []
        if !taken.isEmpty {
            let options = taken.map { "--\($0.name) \(TerminalText.line($0.value, limit: 200))" }
            parts.append("as in the run before: \(options.joined(separator: ", ")) (none takes one away)")
        }
        let told = kept.commands.map { "\($0.name.rawValue) \(TerminalText.line($0.value ?? "", limit: 200))" }
        if !told.isEmpty { parts.append("as that run was told by ctl --keep: \(told.joined(separator: ", "))") }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}
