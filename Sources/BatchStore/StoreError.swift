/// Why the database cannot be used (exit status 3; Contract, "Commands").
package struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong.
    package enum Kind: Sendable, Equatable {
        /// Another worker has it, as its lock file says; nil where that could not be read.
        case locked(pid: Int?, host: String?)
        /// There is no such file.
        case missing
        /// It is something else than a database of this program's.
        case notOurs
        /// It was made by a newer version of this program.
        case newerSchema(found: Int, known: Int)
        /// It was made by an older version, and only a worker may bring it up to date.
        case olderSchema(found: Int, known: Int)
        /// It is damaged.
        case corrupt
        /// The database or its WAL was deleted, moved or replaced while a worker had it open; whether all that was stored
        /// is in the open file now.
        case misplaced(isWhole: Bool)
        /// The disk is full, or a quota.
        case full
        /// The process got no more memory.
        case noMemory
        /// The system refused to read or write it.
        case io
        /// Another process holds a lock on it.
        case busy
        /// It was closed.
        case closed
        /// SQLite refused what should have been right: a fault in this program.
        case unexpected
    }

    package var kind: Kind
    /// The database file.
    package var path: String
    /// What the system said, for a reader.
    package var reason: String

    package init(_ kind: Kind, path: String, reason: String = "") {
        self.kind = kind
        self.path = path
        self.reason = reason
    }

    /// What happened, to what, and what can be done.
    package var description: String {
        let tail = reason.isEmpty ? "" : " (\(reason))"
        switch kind {
        case .locked: return "\(path): \(holder) works on this database; wait for it to end, or stop it"
        case .missing: return "\(path): there is no such database\(tail)"
        case .notOurs: return "\(path): this is no database of llm4s-batch\(tail); it was left as it is"
        case .newerSchema(let found, let known):
            return "\(path): the database has schema \(found), this program knows up to \(known);"
                + " use a newer llm4s-batch. It was left as it is"
        case .olderSchema(let found, let known):
            return "\(path): the database has schema \(found), this program reads \(known);"
                + " run or resume brings it up to date"
        case .corrupt: return "\(path): the database is damaged\(tail); restore it, or try sqlite3's .recover"
        case .misplaced(let isWhole): return misplaced(isWhole)
        case .full:
            return "\(path): no space is left on the disk\(tail);"
                + " what was counted is stored: make room and run the same command again"
        case .noMemory:
            return "\(path): there is not enough memory\(tail); what was counted is stored: give the process more, or"
                + " lower --concurrency, and run the same command again"
        case .io: return "\(path): the database cannot be read or written\(tail)"
        case .busy:
            return "\(path): another process holds a lock on the database\(tail);"
                + " what was not stored by now is asked for again by the same command"
        case .closed: return "\(path): the database was closed"
        case .unexpected: return "\(path): the database refused a statement\(tail); please report this"
        }
    }

    /// The other worker that has the database, as far as it is known.
    var holder: String {
        guard case .locked(let pid?, let host) = kind else { return "another process" }
        return "process \(pid)" + (host.map { " on \($0)" } ?? "")
    }

    private func misplaced(_ isWhole: Bool) -> String {
        let isLog = path.hasSuffix("-wal")
        let what = isLog ? "the newest part of the database" : "the database"
        let rest =
            switch (isLog, isWhole) {
            case (true, true): "all that was stored is in the database itself"
            case (true, false): "what was stored last is lost"
            case (false, true): "if it was moved, it is whole where it is now; else what was stored is lost"
            case (false, false): "what was stored last is not in it"
            }
        return "\(path): \(what) was deleted, moved or replaced while the program worked on it: \(rest);"
            + " run the same command again"
    }
}
