import BatchEngine
import BatchStore
import BatchWatch
import LLMStreaming

/// What stands behind a path, checked: a wrong parameter is told, and none is passed over.
struct WatchParameters {
    private let query: [String: String]

    init(_ request: WatchRequest) { query = request.query }

    /// - Throws: where there are others.
    func expectKnown(_ names: Set<String>) throws(WatchProblem) {
        guard let other = query.keys.filter({ !names.contains($0) }).min() else { return }
        let known = names.isEmpty ? "none" : names.sorted().joined(separator: ", ")
        throw WatchProblem(400, "there is no parameter '\(other.prefix(64))'; known: \(known)")
    }

    /// A whole number; nil where none is given.
    func integer(_ name: String, _ bounds: ClosedRange<Int>) throws(WatchProblem) -> Int? {
        guard let text = query[name] else { return nil }
        guard let number = Int(text), bounds.contains(number) else {
            throw WatchProblem(400, "\(name) must be \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return number
    }

    /// The second behind which seconds are given.
    var after: Int64 {
        get throws(WatchProblem) {
            Int64(try integer("after", 0...Int(NumberGate.unixMilliseconds.upperBound / 1000)) ?? 0)
        }
    }

    /// Which jobs a page of them holds.
    func jobs() throws(WatchProblem) -> (search: JobSearch, cursor: JobCursor?, limit: Int) {
        try expectKnown(["status", "error_kind", "model", "q", "after", "limit"])
        var search = JobSearch()
        search.status = try word("status", JobStatus.allCases.map(\.rawValue)).flatMap(JobStatus.init)
        search.errorKind = try word("error_kind", ErrorKind.allCases.map(\.rawValue))
        search.model = query["model"]
        search.prefix = query["q"]
        let cursor = query["after"].map(JobCursor.init)
        if case .some(nil) = cursor { throw WatchProblem(400, "after must be the 'next' of the page before") }
        return (search, cursor ?? nil, try integer("limit", 1...500) ?? 100)
    }

    private func word(_ name: String, _ words: [String]) throws(WatchProblem) -> String? {
        guard let text = query[name] else { return nil }
        guard words.contains(text) else {
            throw WatchProblem(400, "\(name) must be one of \(words.joined(separator: ", "))")
        }
        return text
    }
}
