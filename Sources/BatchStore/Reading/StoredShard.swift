package import BatchEngine

/// Which part of an input the jobs of a database are (Contract, "Shards"): what the runs that read them were given.
package enum StoredShard: Sendable, Equatable {
    /// No run has stored any yet.
    case open
    /// Not those of one shard.
    case whole
    case shard(JobShard)

    /// Why a run of this part must not store its jobs beside those that are there; nil where it may.
    ///
    /// - Parameters:
    ///   - asked: nil for the whole input.
    ///   - path: the database.
    package func fault(_ asked: JobShard?, path: String) -> String? {
        switch (self, asked) {
        case (.open, _), (.whole, nil): return nil
        case (.whole, let asked?):
            return "\(path) holds jobs of the whole input, not of shard \(asked.text): give another --db"
        case (.shard(let stored), nil):
            return
                "\(path) is the database of shard \(stored.text), not of the whole input: give --shard \(stored.text),"
                + " or another --db"
        case (.shard(let stored), let asked?):
            guard stored != asked else { return nil }
            return "\(path) is the database of shard \(stored.text), not of \(asked.text): give another --db"
        }
    }

    package var shard: JobShard? { if case .shard(let shard) = self { shard } else { nil } }
}

extension BatchReader {
    /// How much of the whole input the jobs are, as the newest run that knew it found it; nil where none did.
    package func shardJobs() throws(StoreError) -> ShardJobs? {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.texts(
                """
                SELECT options ->> '$.shard-jobs' FROM runs WHERE options ->> '$.shard-jobs' IS NOT NULL
                ORDER BY run_id DESC LIMIT 1
                """)
            return rows.first.flatMap(ShardJobs.init)
        }
    }

    /// Which part of an input the jobs are.
    package func shard() throws(StoreError) -> StoredShard {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare("SELECT DISTINCT options ->> '$.shard' FROM runs LIMIT 2")
            guard try rows.step() else { return .open }
            let shard = rows.optionalText(0).flatMap(JobShard.init)
            // Runs of several parts are those of a database into which others were joined.
            let isOnly = try !rows.step()
            return isOnly ? shard.map(StoredShard.shard) ?? .whole : .whole
        }
    }
}
