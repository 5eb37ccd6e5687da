import BatchEngine
package import LLMStreaming

/// What `ctl --keep` told a run for those that come after it, and no option of theirs says: the width, and the rates of
/// single providers (Contract, "Control").
///
/// It stands among the options of each run that takes it over, so that it is not lost with the next.
package struct KeptLimits: Sendable, Equatable {
    /// The streams that may be open; nil where nobody said.
    package var concurrency: StreamsSetting?
    /// Rates a minute by provider; nil for what headers tell.
    package private(set) var rates: [RateLimit.Resource: [String: Int?]] = [:]

    /// Nothing.
    package init() {}

    /// What a run took over, as its options tell; what others have written there is left out.
    package init(_ options: JSONObject) {
        for change in options["kept"]?.array ?? [] {
            guard let name = change["command"]?.string, let value = change["value"]?.string else { continue }
            if let command = Self.command(name, value) { add(command) }
        }
    }

    /// The command that a stored change was; nil for what none can be.
    package static func command(_ name: String, _ value: String?) -> ControlCommand? {
        ControlCommand.Name(rawValue: name).flatMap { try? ControlCommand($0, value.map { [$0] } ?? []) }
    }

    /// Adds what a run was told.
    ///
    /// - Returns: whether it is of this kind; else an option says it, but for rates that go before those here.
    @discardableResult
    package mutating func add(_ command: ControlCommand) -> Bool {
        switch command {
        case .concurrency(let streams):
            concurrency = streams
            return true
        case .rate(let resource, let provider?, let perMinute):
            rates[resource, default: [:]].updateValue(perMinute, forKey: provider)
            return true
        case .rate(let resource, nil, _):
            forget(resource)
            return false
        default: return false
        }
    }

    /// Leaves the rates of providers alone: all get another one.
    package mutating func forget(_ resource: RateLimit.Resource) { rates[resource] = nil }

    /// What it says, as it would be told.
    package var commands: [ControlCommand] {
        let rates = [RateLimit.Resource.requests, .tokens].flatMap { resource in
            (self.rates[resource] ?? [:]).sorted { $0.key < $1.key }
                .map { ControlCommand.rate(resource, provider: $0.key, perMinute: $0.value) }
        }
        return (concurrency.map { [.concurrency($0)] } ?? []) + rates
    }

    /// For the options of a run; nil where there is nothing.
    var json: JSON? {
        let commands = commands
        if commands.isEmpty { return nil }
        return .array(
            commands.map { ["command": .string($0.name.rawValue), "value": $0.value.map(JSON.string) ?? .null] })
    }

    /// Enters the rates into the bounds of providers.
    func apply(to limits: inout [String: ProviderLimits]) {
        for (resource, providers) in rates {
            for (name, perMinute) in providers {
                limits[name, default: ProviderLimits()].set(resource, perMinute: perMinute)
            }
        }
    }
}
