import BatchEngine
package import LLMStreaming

/// Where several databases stand together, and each of them: what `status` shows of several.
package struct UnionStatus: Sendable {
    /// One of the databases.
    package struct Member: Sendable {
        package var database: BatchUnion.Member
        package var status: StatusSummary
    }

    package var members: [Member] = []
    /// All together, without a run: each has its own.
    package var total = StatusSummary()
    package var failures: [FailureGroup] = []
    /// How the answers ended.
    package var finishReasons: [FinishReason: Int] = [:]
    /// What all of them cost on disk.
    package var size = DatabaseSize()
    /// Answers that more than one of them made.
    package var repeated = RepeatedAnswers(count: 0, tokens: 0)
}

extension BatchUnion {
    /// Where they stand.
    package func status() async throws -> UnionStatus {
        var status = UnionStatus()
        for member in members {
            let reader = try await BatchReader.open(member.name)
            status.members.append(UnionStatus.Member(database: member, status: try await reader.status()))
            status.size.add(try await reader.size())
            await reader.close()
        }
        try await sum {
            try await Figures($0)
        } _: { figures, times in
            status.total.add(figures.summary, times: times)
            status.failures.add(figures.failures, times: times)
            status.finishReasons.merge(figures.finishReasons.mapValues { $0 * times }) { $0 + $1 }
            status.repeated.count += figures.repeated.count * times
            status.repeated.tokens = status.repeated.tokens.addingClamped(figures.repeated.tokens * times)
        }
        // What one database has may be taken back for another's.
        status.total.waiting = status.total.waiting.filter { $0.count > 0 }
        status.finishReasons = status.finishReasons.filter { $0.value > 0 }
        status.failures = status.failures.filter { $0.count > 0 }.sorted { $0.count > $1.count }
        return status
    }
}

/// What adds up of a database.
private struct Figures: Sendable {
    var summary: StatusSummary
    var failures: [FailureGroup]
    var finishReasons: [FinishReason: Int]
    var repeated: RepeatedAnswers

    init(_ reader: BatchReader) async throws {
        summary = try await reader.storedStatus(1)
        failures = summary.counts.failed > 0 ? try await reader.failures() : []
        finishReasons = try await reader.finishReasons().counts
        repeated = try await reader.repeatedAnswers()
    }
}

extension StatusSummary {
    /// Of no database yet.
    fileprivate init() {
        self.init(counts: JobCounts(), waiting: [], seconds: [], promptTokens: 0, completionTokens: 0)
    }

    /// Adds what another database has, so many times, which may be negative.
    fileprivate mutating func add(_ other: StatusSummary, times: Int) {
        counts.add(other.counts, times: times)
        for group in other.waiting { add(group, times: times) }
        promptTokens = promptTokens.addingClamped(other.promptTokens * times)
        completionTokens = completionTokens.addingClamped(other.completionTokens * times)
        if let cost = other.costUSD { costUSD = (costUSD ?? 0) + cost * Double(times) }
        unpriced += other.unpriced * times
        wastedTokens = wastedTokens.addingClamped(other.wastedTokens * times)
        resumedAttempts += other.resumedAttempts * times
        savedTokens = savedTokens.addingClamped(other.savedTokens * times)
        joinedAnswers.merge(other.joinedAnswers.mapValues { $0 * times }) { $0 + $1 }
        joinedAnswers = joinedAnswers.filter { $0.value != 0 }
    }

    private mutating func add(_ group: Waiting, times: Int) {
        let same = waiting.firstIndex { $0.provider == group.provider && $0.errorKind == group.errorKind }
        guard let index = same else {
            waiting.append(group)
            waiting[waiting.count - 1].count *= times
            return
        }
        waiting[index].count += group.count * times
        if times > 0 {
            waiting[index].nextDueMilliseconds = min(waiting[index].nextDueMilliseconds, group.nextDueMilliseconds)
        }
    }
}

extension [FailureGroup] {
    /// Adds what failed in another database, so many times: alike is what has the same kind, status and message.
    fileprivate mutating func add(_ groups: [FailureGroup], times: Int) {
        for group in groups {
            if let index = firstIndex(where: { $0.isAlike(group) }) {
                self[index].count += group.count * times
            } else {
                append(group)
                self[count - 1].count *= times
            }
        }
    }
}

extension FailureGroup {
    fileprivate func isAlike(_ other: FailureGroup) -> Bool {
        kind == other.kind && httpStatus == other.httpStatus && isRest == other.isRest
            && Self.likeness(of: error, kind: kind) == Self.likeness(of: other.error, kind: other.kind)
    }
}

extension DatabaseSize {
    /// Of no database yet.
    fileprivate init() {
        self.init(
            fileBytes: 0, logBytes: 0, freeBytes: 0, emptyBytes: 0, chunks: 0, chunkBytes: 0, isEstimate: false)
    }

    fileprivate mutating func add(_ other: DatabaseSize) {
        fileBytes += other.fileBytes
        logBytes += other.logBytes
        freeBytes += other.freeBytes
        emptyBytes += other.emptyBytes
        chunks += other.chunks
        chunkBytes += other.chunkBytes
        isEstimate = isEstimate || other.isEstimate
    }
}
