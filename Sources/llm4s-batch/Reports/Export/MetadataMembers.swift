import BatchStore
import LLMStreaming

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
