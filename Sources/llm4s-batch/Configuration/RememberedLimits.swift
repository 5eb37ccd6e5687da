import ArgumentParser
import LLMStreaming

/// What `resume` and `retry` take over from the run before, where the user says nothing else.
struct RememberedLimits {
    /// The names of the options, each with its value as it would be typed.
    private(set) var taken: [(name: String, value: String)] = []

    /// Takes over what an earlier run's options say; what they cannot say, since others wrote them, is left out.
    ///
    /// - Parameters:
    ///   - stored: the options of the run before, JSON.
    ///   - limits: those that the user gave; what is missing is filled in.
    init(_ stored: String, into limits: inout LimitOptions) {
        guard let options = (try? JSONParser.parse(Array(stored.utf8)))?.object else { return }
        limits.rates.rpm = take("rpm", limits.rates.rpm, options) { FlagBounds.counts.contains($0) }
        limits.rates.tpm = take("tpm", limits.rates.tpm, options) { FlagBounds.counts.contains($0) }
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
        guard !taken.isEmpty else { return nil }
        let options = taken.map { "--\($0.name) \(TerminalText.line($0.value, limit: 200))" }.joined(separator: ", ")
        return "as in the run before: \(options) (none takes one away)"
    }
}
