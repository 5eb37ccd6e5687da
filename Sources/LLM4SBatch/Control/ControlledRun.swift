import BatchEngine
import BatchStore
import LLMStreaming

/// A run that goes on, as far as it can be told something.
struct ControlledRun: Sendable {
    let runner: JobRunner
    let database: BatchDatabase
    let runID: Int64
    let scope: JobScope
    let prices: PriceTable
    /// What of a budget that is told is for its jobs.
    let budgetPart: Double
    /// Where it is to find how many streams endpoints get: the most in all, and the time to the first token.
    let mostFound: (streams: Int, firstToken: Duration?)
    /// Ends the intake.
    let stopIntake: @Sendable () -> Void
    /// Why so many streams cannot be open; nil where they can.
    let faultOfStreams: @Sendable (Int) -> String?
    /// Told of what holds now.
    let changed: @Sendable (ControlAnswer) -> Void

    /// Checks that a provider is one of the run's.
    func check(_ provider: String?) async throws(ControlFault) {
        guard let provider else { return }
        let names = await runner.providerNames
        if names.contains(provider) { return }
        throw .usage(
            "this run has no provider '\(provider.shortened(toBytes: 64))'\(NearestName.hint(for: provider, among: names))"
        )
    }

    /// Checks that every model of the jobs has a price.
    func checkPrices() async throws {
        let models = try await database.reader.models(in: scope, revived: false)
        let fault = prices.fault(bounding: models, bound: "max-cost", table: "--prices")
        if let fault { throw ControlFault.usage(fault.description) }
    }

    /// What the jobs have cost in earlier runs.
    func earlierCost() async throws -> Double {
        try await database.reader.spending(in: scope, without: runID).cost(by: prices)
    }

    // MARK: Jobs

    /// The jobs of these ids.
    ///
    /// - Throws: `ControlFault` where there is one that the database does not have.
    private func records(_ ids: [String]) async throws -> [JobRecord] {
        var found: [JobRecord] = []
        for id in ids {
            guard let record = try await database.reader.job(customID: id) else {
                throw ControlFault.usage("there is no job '\(id)' in this database; nothing was changed")
            }
            found.append(record)
        }
        return found
    }

    /// Cancels jobs; those that have ended stay as they are.
    func cancel(_ ids: [String], _ answer: inout ControlAnswer) async throws {
        let open = try await records(ids).filter { !$0.hasEnded }
        answer.streamsOver = await runner.cancel(open.map(\.id))
        // Nobody works on them any more. Jobs of other inputs are cancelled too, and are not this run's to count.
        let queue = database.queue(for: scope, runID: runID)
        var own: Set<Int64> = []
        for job in open where try await !queue.jobs([job.id]).isEmpty { own.insert(job.id) }
        own.formIntersection(try await database.cancel(open.map(\.id)))
        await runner.didCancel(open.filter { own.contains($0.id) }.map { ($0.id, $0.customID) })
        answer.jobs = try await records(ids).map { .init(id: $0.customID, state: $0.status.rawValue) }
    }

    /// Has jobs sent next that are of this run and do not run.
    func sendNext(_ ids: [String]) async throws -> [ControlAnswer.JobState] {
        let queue = database.queue(for: scope, runID: runID)
        var next: [Int64] = []
        var states: [ControlAnswer.JobState] = []
        for record in try await records(ids) {
            var state = record.status.rawValue
            if record.status == .pending || record.status == .interrupted {
                if try await queue.jobs([record.id]).isEmpty {
                    state = "elsewhere"
                } else if await runner.mayStillSend(to: ModelName(provider: record.provider, model: record.model)) {
                    next.append(record.id)
                    state = "next"
                } else {
                    state = "stopped"
                }
            }
            states.append(ControlAnswer.JobState(id: record.customID, state: state))
        }
        await runner.sendNext(next)
        return states
    }

    // MARK: How it stands

    /// What `ctl status` tells.
    func status() async throws -> JSON {
        let (snapshot, limits) = (await runner.snapshot, await runner.limits)
        let counts = try await database.reader.counts(in: scope)
        func rates(_ rates: [String: Int]) -> JSON {
            .object(JSONObject(rates.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .int($0.value)) }))
        }
        return [
            "state": .string(limits.isDraining ? "draining" : snapshot.isPaused ? "paused" : "running"),
            "run_id": .int(Int(runID)), "streams": .int(snapshot.running), "concurrency": .int(limits.concurrency),
            "concurrency_auto": .bool(limits.isFound),
            "completed": .int(counts.completed), "failed": .int(counts.failed), "cancelled": .int(counts.cancelled),
            "left": .int(counts.left), "waiting": .int(snapshot.waiting), "rpm": rates(limits.requestsPerMinute),
            "tpm": rates(limits.tokensPerMinute), "max_cost": limits.maximumCost.map(JSON.double) ?? .null,
            "cost_usd": snapshot.costUSD.map(JSON.double) ?? .null, "waits": snapshot.waitsJSON,
            "endpoints": snapshot.endpointsJSON,
        ]
    }
}

extension JobRecord {
    fileprivate var hasEnded: Bool { status == .completed || status == .failed || status == .cancelled }
}
