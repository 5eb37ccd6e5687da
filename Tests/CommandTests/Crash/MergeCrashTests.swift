import Foundation
import Testing

/// A merge that meets a fault leaves its database as it was or with whole sources more, and the next one makes of them
/// what one without a fault does.
@Suite(.serialized, .enabled(if: CrashRig.compiler != nil, Comment(rawValue: CrashRig.absence)))
struct MergeCrashTests {
    /// How many jobs each source has; the second and third have half of them in common.
    private static let size = 12

    @Test func aFaultAtAnyCallLeavesWholeSources() async throws {
        let trials = try await MergeTrials(Self.size, hasBeginning: false)
        for kind in [CrashFault.Kind.kill, .tear, .enospc, .eio] {
            let calls = trials.records.count { kind == .eio ? $0.isCall : $0.isChange }
            let count = min(calls, CrashTally.trials(3))
            // Over the whole of it, at all calls where there are as many trials.
            let faults = (0..<count).map { trial in
                CrashFault(
                    kind: kind, call: 1 + (2 * trial + 1) * calls / (2 * count), isLasting: kind == .enospc)
            }
            try await CrashTally("merge: \(kind.rawValue)", faults) { try await trials.trial($0) }.expectNothing()
        }
    }

    /// Into a database that holds something already.
    @Test func aKillAtEveryTenthWriteLeavesItAsItWasOrWhole() async throws {
        let trials = try await MergeTrials(Self.size, hasBeginning: true)
        let writes = trials.records.count { $0.kind == .write }
        let tenths = Array(stride(from: 1, through: writes, by: 10))
        let count = min(tenths.count, CrashTally.trials(6))
        let faults = (0..<count).map { trial in
            CrashFault(kind: .kill, call: tenths[trial * tenths.count / count], only: .write)
        }
        let tally = try await CrashTally("merge: killed at every 10th write", faults) { try await trials.trial($0) }
        tally.expectNothing()
        #expect(!tally.trials.contains { !$0.isMet })
    }
}

/// Merges of the same sources into the same database, each with another fault.
struct MergeTrials: Sendable {
    private let rig: CrashRig
    private let folder: TemporaryDirectory
    private let sources: [String]
    /// Whether something is merged before the fault.
    private let hasBeginning: Bool
    /// All that the database holds before the merge, and with each source more.
    private let states: [[String]]
    /// The calls of a merge that meets no fault.
    let records: [DiskRecord]

    /// Makes three sources of so many jobs each.
    init(_ size: Int, hasBeginning: Bool) async throws {
        rig = try await CrashRig()
        folder = try TemporaryDirectory()
        var paths: [String] = []
        for (number, first) in [0, size, size + size / 2].enumerated() {
            let file = try folder.writeJobs(
                (first..<first + size).map { Answers.countingJob("job-\($0)", to: 40) }, to: "p\(number).jsonl")
            let ended = try await BatchProcess.run("run", file)
            #expect(ended.status == 0, "\(ended.error)")
            paths.append(folder.path("p\(number).db"))
        }
        sources = paths
        self.hasBeginning = hasBeginning
        // In the same steps as a merge of all takes.
        var states: [[String]] = [[]]
        for count in 1...paths.count {
            let whole = try rig.folder()
            let ended = try await rig.merge(Array(paths[..<count]), in: whole)
            #expect(ended.status == 0, "\(ended.error)")
            states.append(try Self.content(whole))
        }
        self.states = Array(states[(hasBeginning ? 1 : 0)...])
        let whole = try rig.folder()
        if hasBeginning { _ = try await rig.merge([paths[0]], in: whole) }
        let record = whole.path("record")
        let ended = try await rig.merge(Array(paths[(hasBeginning ? 1 : 0)...]), in: whole, record: record)
        #expect(ended.status == 0, "\(ended.error)")
        #expect(try Self.content(whole) == states.last)
        records = try DiskRecord.read(record)
    }

    /// Merges into a fault, looks at what is left, and merges again.
    func trial(_ fault: CrashFault) async throws -> CrashTrial {
        let folder = try rig.folder()
        // Its own copies, since a merge holds the lock of what it takes, and several trials run at a time.
        let sources = try sources.enumerated().map { number, path in
            try FileManager.default.copyItem(atPath: path, toPath: folder.path("p\(number).db"))
            return folder.path("p\(number).db")
        }
        if hasBeginning { _ = try await rig.merge([sources[0]], in: folder) }
        let rest = Array(sources[(hasBeginning ? 1 : 0)...])
        let run = try await rig.merge(rest, in: folder, fault: fault)
        var trial = CrashTrial(name: "\(fault) (\(run.met ?? "not met"))", isMet: run.met != nil)
        trial.findings = run.findings
        do {
            let left = try Self.content(folder)
            if !states.contains(left) { trial.findings.append(.broken("\(left.count) rows are none of the states")) }
        } catch {
            trial.findings.append(.broken("\(error)"))
        }
        let again = try await rig.merge(rest, in: folder)
        if again.status != 0 { trial.findings.append(.unfinished("status \(again.status): \(again.error)")) }
        if try Self.content(folder) != states.last {
            trial.findings.append(.unfinished("it is not what it is without a fault"))
        }
        return trial
    }

    private static let tables = [
        "runs", "run_seconds", "jobs", "requests", "attempts", "chunks", "completions", "rejected_lines",
    ]

    /// Every row of every table; none where there is no database yet, or one without tables.
    private static func content(_ folder: TemporaryDirectory) throws -> [String] {
        let database = folder.path("jobs.db")
        guard SQLite.currentNumber(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'jobs'") == 1 else {
            return []
        }
        let damage = try SQLite.rows(database, "PRAGMA integrity_check")
        guard damage == ["ok"] else { throw SQLite.Fault(description: "damaged: \(damage)") }
        return try tables.flatMap { table in
            try SQLite.rows(database, "SELECT * FROM \(table) ORDER BY 1, 2").map { "\(table): \($0)" }
        }
    }
}

extension CrashRig {
    /// Merges sources into `jobs.db` of a folder, to the end or to what the fault makes of it.
    func merge(
        _ sources: [String], in folder: TemporaryDirectory, fault: CrashFault? = nil, record: String? = nil
    ) async throws -> CrashRun {
        var run = try await program(["merge", "jobs.db"] + sources, in: folder, fault: fault, record: record)
        run.isPlain = true
        return run
    }
}
