import Foundation

/// Looks at a database as its users do, and finds what it should not be.
struct CrashCheck {
    var folder: TemporaryDirectory
    /// The answers that were told of: they must be there.
    var told: Set<String>

    private var database: String { folder.path("jobs.db") }

    /// What is wrong right after a fault, before anything has gone on from it.
    func findingsAfterFault() async throws -> [CrashFinding] {
        let status = try await program("status", "--db", "jobs.db")
        // Before the first COMMIT there is nothing to read, and nothing was told.
        guard status.status == 0 || !told.isEmpty else { return [] }
        let reading = status.status == 0 ? [] : [CrashFinding.broken("status: \(status.error)")]
        return reading + contentFindings(isFinal: false)
    }

    /// What is wrong after a run without a fault that had to complete every job.
    ///
    /// - Parameter before: the answers as they were stored when it began.
    func findingsAtEnd(before: [String: String]) async throws -> [CrashFinding] {
        var findings = contentFindings(isFinal: true)
        let after = rows
        for (id, row) in before where after[id] != row { findings.append(.changed("\(id), in the run after")) }
        let missing = CrashJobs.answers.keys.filter { after[$0] == nil }
        if let id = missing.min() { findings.append(.unfinished("\(id), \(missing.count) in all")) }
        let results = try await program("results", "--db", "jobs.db", "--format", "csv")
        guard results.status == 0 else { return findings + [.broken("results: \(results.error)")] }
        let table = try CSV.rows(results.output)
        guard let ids = table.first?.firstIndex(of: "id"), let contents = table.first?.firstIndex(of: "content") else {
            return findings + [.broken("results has no id and content")]
        }
        let shown = table.dropFirst().map { "\($0[ids])|\($0[contents])" }
        if shown.sorted() != CrashJobs.answers.map({ "\($0.key)|\($0.value)" }).sorted() {
            findings.append(.changed("results does not give each answer once"))
        }
        return findings
    }

    /// Every completion with what of it must never change, by id; empty where nothing can be read.
    var rows: [String: String] {
        let rows = try? SQLite.rows(
            database,
            """
            SELECT custom_id, c.attempt_id, c.created_ms, c.content, c.seams, c.usage
            FROM completions AS c JOIN jobs USING (job_id)
            """)
        return Dictionary((rows ?? []).map { (String($0.prefix { $0 != "|" }), $0) }) { first, _ in first }
    }

    private func contentFindings(isFinal: Bool) -> [CrashFinding] {
        do {
            var findings = try Answers.faults(database, isFinal: isFinal).map(CrashFinding.broken)
            let stored = try SQLite.rows(
                database, "SELECT custom_id, content FROM completions JOIN jobs USING (job_id)")
            var seen: Set<String> = []
            for row in stored {
                let columns = row.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                if !seen.insert(columns[0]).inserted { findings.append(.doubled(columns[0])) }
                if CrashJobs.answers[columns[0]] != columns[1] { findings.append(.changed(columns[0])) }
            }
            findings += told.subtracting(seen).sorted().map(CrashFinding.lost)
            if isFinal {
                let jobs = try SQLite.rows(database, "SELECT custom_id FROM jobs WHERE status = 'completed'")
                if Set(jobs) != Set(CrashJobs.answers.keys) { findings.append(.unfinished("\(jobs.count) jobs")) }
            }
            return findings
        } catch {
            // What cannot be read is lost.
            return [.broken("\(error)")] + told.sorted().map(CrashFinding.lost)
        }
    }

    private func program(_ arguments: String...) async throws -> BatchProcess.Ended {
        try await BatchProcess(arguments, directory: folder.url).ended()
    }
}
