import SystemCalls

/// The databases of a merge, checked before anything is written (Contract, "Merge").
package struct MergeInputs: Sendable {
    /// What was typed cannot be meant.
    package struct Fault: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// The real paths in the order in which their newest runs began: runs then get their numbers in the order of time.
    package let paths: [String]

    /// Checks that each source is there, is ours, is named once and has no worker, and that the target is none of them.
    ///
    /// - Throws: `Fault`; `StoreError` for a database that cannot be used.
    package init(_ names: [String], into target: String) async throws {
        let out = FileIdentity(try DatabasePath(target).real)
        var known: [[UInt64]: String] = [:]
        var sources: [(path: String, started: Int64)] = []
        for name in names {
            let path = try DatabasePath(name)
            let reader = try await BatchReader.open(name)
            let started = try await reader.newestStart()
            await reader.close()
            guard let file = FileIdentity(path.real) else { throw StoreError(.missing, path: path.real) }
            if file.place == out?.place {
                throw Fault(description: "\(name) is the database that is merged into: name it once")
            }
            if let first = known.updateValue(name, forKey: file.place) {
                throw Fault(description: "\(name) is named twice\(first == name ? "" : ", also as \(first)")")
            }
            if WorkerLock.isHeld(path) == true { throw WorkerLock.holder(of: path) }
            sources.append((path.real, started))
        }
        paths = sources.sorted { ($0.started, $0.path) < ($1.started, $1.path) }.map(\.path)
    }
}

extension BatchReader {
    /// When the newest run began, in Unix milliseconds; 0 before the first.
    fileprivate func newestStart() throws(StoreError) -> Int64 {
        try read { (connection) throws(SQLiteFailure) in
            try connection.integer("SELECT max(started_ms) FROM main.runs") ?? 0
        }
    }
}
