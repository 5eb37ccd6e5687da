import BatchEngine
import BatchStore
import LLMStreaming

/// A column of a table of results: one of ours, or a member of the jobs' metadata.
struct ResultColumn: Sendable, Equatable {
    /// Ours, by the names of the database's columns.
    enum Name: String, Sendable, CaseIterable {
        case id, status, choice, provider, model, content, reasoning, refusal
        case toolCalls = "tool_calls"
        case finishReason = "finish_reason"
        case promptTokens = "prompt_tokens"
        case completionTokens = "completion_tokens"
        case totalTokens = "total_tokens"
        case cachedTokens = "cached_tokens"
        case reasoningTokens = "reasoning_tokens"
        case usageSource = "usage_source"
        case costUSD = "cost_usd"
        case ttft = "ttft_us"
        case duration = "duration_us"
        case segments, attempts
        case responseID = "response_id"
        case errorKind = "error_kind"
        case error
        case httpStatus = "http_status"
        case requestID = "request_id"
        case metadata, source, line
        case check
        case checkReport = "check_report"
        case copiedFrom = "copied_from"
        case baseID = "base_id"
        case sample
        // Only where they are named: they are as long as what was asked.
        case prompt, request

        /// Those of a table for which none are named.
        static let usual = allCases.filter { !$0.isOfRequest }

        /// Whether the request is read for it.
        var isOfRequest: Bool { self == .prompt || self == .request }
    }

    /// What stands in it.
    enum Value: Sendable, Equatable {
        case own(Name)
        /// A member of the metadata, by its name there.
        case metadata(String)
    }

    /// What stands above it.
    var heading: String
    var value: Value

    /// Those of a table for which none are named: ours, and behind them the members of the metadata.
    ///
    /// A member that has the name of another column is called `metadata.NAME`.
    static func usual(metadata members: [String]) -> [ResultColumn] {
        var columns = Name.usual.map { ResultColumn(heading: $0.rawValue, value: .own($0)) }
        var taken = Set(Name.allCases.map(\.rawValue))
        for member in members {
            var heading = member
            while !taken.insert(heading).inserted { heading = prefix + heading }
            columns.append(ResultColumn(heading: heading, value: .metadata(member)))
        }
        return columns
    }

    /// What stands before the name of a member of the metadata where it could be one of ours.
    static let prefix = "metadata."

    /// The member of the metadata that a name is likely to mean.
    static func member(_ name: String) -> String {
        name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
    }

    /// The column of a name that is typed; nil where neither we nor the metadata have one.
    ///
    /// - Parameter isMember: whether the metadata of any job has a member of that name.
    init?(_ name: String, isMember: (String) -> Bool) {
        heading = name
        if let own = Name(rawValue: name) {
            value = .own(own)
        } else if let member = [Self.member(name), name].first(where: isMember) {
            value = .metadata(member)
        } else {
            return nil
        }
    }

    private init(heading: String, value: Value) {
        self.heading = heading
        self.value = value
    }

    /// That a name is none, with the names that there are.
    static func unknown(_ name: String, members: [String]) -> String {
        let own = Name.allCases.map(\.rawValue)
        let nearest = NearestName.suggestion(for: name, among: own + members.flatMap { [$0, prefix + $0] })
        // "ttft" for "ttft_us".
        let longer = own.first { $0.hasPrefix(name + "_") }.map { "; did you mean '\($0)'?" } ?? ""
        var lines = ["--columns: there is no column \(name.quotedName)\(nearest.isEmpty ? longer : nearest)"]
        lines.append("known are \(own.joined(separator: ", "))")
        let most = 50
        if !members.isEmpty {
            lines.append(
                "and of the metadata "
                    + members.prefix(most).map { String($0.quotedName.dropFirst().dropLast()) }.joined(separator: ", ")
                    + (members.count > most ? " and \((members.count - most).grouped) more" : ""))
        }
        return lines.joined(separator: "\n")
    }
}

/// The names of the members that the metadata of jobs have, in the order in which they come.
struct MetadataMembers {
    /// The most that become columns of their own; those beyond stay in the column `metadata`.
    static let maximum = 500

    private(set) var names: [String] = []
    /// Whether there are more.
    private(set) var isMore = false
    private var known: Set<String> = []
    /// Those that are looked for, which are kept however many there are.
    private let wanted: Set<String>

    init(wanted: Set<String> = []) { self.wanted = wanted }

    /// Reads those of the jobs that pass a filter; where some are looked for, until they are found.
    mutating func read(from reader: BatchReader, filter: ResultFilter) async throws {
        var position: Int64? = 0
        while let after = position {
            let page = try await reader.metadata(after: after, filter: filter)
            for value in page.values { add(value) }
            if !wanted.isEmpty, wanted.isSubset(of: known) { break }
            position = page.next
        }
    }

    func contains(_ name: String) -> Bool { known.contains(name) }

    private mutating func add(_ metadata: [UInt8]) {
        for member in JSON.parsed(metadata)?.object?.members ?? [] where !known.contains(member.key) {
            guard names.count < Self.maximum || wanted.contains(member.key) else {
                isMore = true
                continue
            }
            known.insert(member.key)
            names.append(member.key)
        }
    }
}
