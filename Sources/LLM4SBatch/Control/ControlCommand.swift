import BatchEngine
package import LLMStreaming

/// What a run can be told while it goes on (Contract, "Control").
package enum ControlCommand: Sendable, Equatable {
    /// Sends nothing more; open streams go on.
    case pause
    /// Goes on after a pause.
    case proceed
    /// Ends the run as the first signal does.
    case drain
    /// How many streams may be open.
    case concurrency(StreamsSetting)
    /// A rate a minute of a provider, or of all (nil); without a number what headers allow.
    case rate(RateLimit.Resource, provider: String?, perMinute: Int?)
    /// What the jobs may cost in US dollars; nil for no bound.
    case maximumCost(Double?)
    /// Ends these jobs without an answer.
    case cancel([String])
    /// Sends these jobs next.
    case now([String])
    /// Changes nothing.
    case status

    /// The words for them.
    package enum Name: String, Sendable, CaseIterable {
        case pause
        case proceed = "continue"
        case drain, concurrency, rpm, tpm
        case maximumCost = "max-cost"
        case cancel, now, status
    }

    /// The ids that a command may name at most.
    static let maximumJobs = 1_000

    /// Reads a command as it is typed.
    ///
    /// - Parameter values: what follows its name.
    package init(_ name: Name, _ values: [String]) throws(ControlFault) {
        switch name {
        case .pause, .proceed, .drain, .status:
            guard values.isEmpty else { throw .usage("\(name.rawValue) takes no value, and has '\(values[0])'") }
            self =
                switch name {
                case .pause: .pause
                case .proceed: .proceed
                case .drain: .drain
                default: .status
                }
        case .concurrency:
            let value = try Self.only(values, of: name, "a number of streams, or auto")
            guard let streams = StreamsSetting(value),
                streams.count.map({ BatchOptions.streams.contains($0) }) ?? true
            else { throw .usage("concurrency must be a number of streams, at least 1, or auto, not '\(value)'") }
            self = .concurrency(streams)
        case .rpm, .tpm:
            let value = try Self.only(values, of: name, "N, PROVIDER=N or none")
            // Names may hold one too.
            let parts = value.lastIndex(of: "=").map { (value[..<$0], value[value.index(after: $0)...]) }
            let (provider, number) = parts ?? ("", value[...])
            let count = number == "none" ? nil : Self.count(String(number), in: BatchOptions.counts)
            guard number == "none" || count != nil, parts.map({ !$0.0.isEmpty }) ?? true else {
                throw .usage("\(name.rawValue) must be N, PROVIDER=N or none, N at least 1, not '\(value)'")
            }
            self = .rate(
                name == .rpm ? .requests : .tokens, provider: parts == nil ? nil : String(provider), perMinute: count)
        case .maximumCost:
            let value = try Self.only(values, of: name, "an amount of US dollars or none")
            let cost = value == "none" ? nil : Double(value)
            guard value == "none" || cost.map(BatchOptions.isAmount) == true else {
                throw .usage("max-cost must be an amount of US dollars above 0, or none, not '\(value)'")
            }
            self = .maximumCost(cost)
        case .cancel: self = .cancel(try Self.ids(values, of: name))
        case .now: self = .now(try Self.ids(values, of: name))
        }
    }

    private static func only(_ values: [String], of name: Name, _ form: String) throws(ControlFault) -> String {
        guard values.count == 1 else { throw .usage("\(name.rawValue) takes one value: \(form)") }
        return values[0]
    }

    private static func count(_ text: String, in range: ClosedRange<Int>) -> Int? {
        Int(text).flatMap { range.contains($0) ? $0 : nil }
    }

    private static func ids(_ values: [String], of name: Name) throws(ControlFault) -> [String] {
        guard !values.isEmpty else { throw .usage("\(name.rawValue) takes the ids of jobs") }
        guard values.count <= maximumJobs else {
            throw .usage("\(name.rawValue) takes at most \(maximumJobs) ids at once, and has \(values.count)")
        }
        guard values.allSatisfy({ (1...256).contains($0.count) }) else {
            throw .usage("\(name.rawValue): an id has 1 to 256 characters")
        }
        // Byte by byte, as the database compares them.
        var seen: Set<[UInt8]> = []
        return values.filter { seen.insert(Array($0.utf8)).inserted }
    }

    // MARK: As it is told

    package var name: Name {
        switch self {
        case .pause: .pause
        case .proceed: .proceed
        case .drain: .drain
        case .concurrency: .concurrency
        case .rate(let resource, _, _): resource == .requests ? .rpm : .tpm
        case .maximumCost: .maximumCost
        case .cancel: .cancel
        case .now: .now
        case .status: .status
        }
    }

    /// What it sets, as it is typed; of jobs their ids, JSON; nil where there is no value.
    package var value: String? {
        switch self {
        case .pause, .proceed, .drain, .status: nil
        case .concurrency(let streams): streams.text
        case .rate(_, let provider, let perMinute):
            (provider.map { "\($0)=" } ?? "") + (perMinute.map(String.init) ?? "none")
        case .maximumCost(let cost): cost.map { JSON.double($0).text } ?? "none"
        case .cancel(let ids), .now(let ids): JSON.array(ids.map(JSON.string)).text
        }
    }

    /// Whether a later run can take it over.
    package var isKeepable: Bool {
        switch self {
        case .concurrency, .rate, .maximumCost: true
        case .pause, .proceed, .drain, .cancel, .now, .status: false
        }
    }
}

/// Why a run cannot be told something.
package struct ControlFault: Error, Sendable, Equatable {
    /// Whose fault it is.
    package enum Kind: String, Sendable {
        /// The command's: the run is as it was.
        case usage
        /// There is no run, or it ends.
        case ended
    }

    package var kind: Kind
    /// A sentence.
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    static func usage(_ message: String) -> ControlFault { ControlFault(.usage, message) }
}
