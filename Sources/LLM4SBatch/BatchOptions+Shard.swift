package import BatchEngine
import BatchStore
package import LLMStreaming

extension BatchOptions {
    /// One of N equal parts of an input, told by the ids of its jobs: for engines that hand out the parts.
    ///
    /// A job falls to shard I where the first 64 bits, big-endian, of SHA-256 over its id's UTF-8 are I modulo N.
    public struct Shard: Sendable, Hashable {
        /// From 0, less than `count`.
        public var index: Int
        /// Into how many parts the input is cut, at most 100,000.
        public var count: Int

        /// A part of an input.
        public init(_ index: Int, of count: Int) {
            self.index = index
            self.count = count
        }
    }

    /// The shard in its checked form.
    ///
    /// - Throws: where there is none of this number.
    package func jobShard() throws(ConfigurationError) -> JobShard? {
        guard let shard else { return nil }
        guard let checked = JobShard(shard.index, of: shard.count) else {
            throw ConfigurationError(
                "shard: \(shard.index) of \(shard.count) is none: shards are counted from 0, and there are at most "
                    + JobShard.counts.upperBound.grouped)
        }
        return checked
    }
}

extension BatchSession {
    /// This run with all done that comes before it, in a database that is of one shard, or of the whole input, for good.
    ///
    /// - Throws: `BatchError` of kind `input` where the run reads another part.
    func prepared(_ database: BatchDatabase) async throws -> BatchSession {
        let stored = try await database.reader.shard()
        var session = self
        if scope.isOfInput {
            let asked = try options.jobShard()
            if let fault = stored.fault(asked, path: path) { throw BatchError(.input, fault) }
            session.shard = asked
        } else {
            session.storedOptions["shard"] = stored.shard.map { .string($0.text) }
            session.shard = stored.shard
            session.shardJobs = try await database.reader.shardJobs()
            session = try await session.taking(database)
        }
        if session.shard != nil { session.storedOptions["shard-jobs"] = session.shardJobs.map { .string($0.text) } }
        try await prepare(database)
        return session
    }
}

extension JobScope {
    /// Whether a run of these jobs reads them; else they are stored.
    var isOfInput: Bool {
        switch self {
        case .all, .jobs: false
        default: true
        }
    }
}
