import Foundation
import Testing

/// A merge that meets a fault at a call leaves whole sources, and the next one makes of them what one without a fault does.
@Suite(.serialized, .enabled(if: CrashRig.compiler != nil, Comment(rawValue: CrashRig.absence)))
struct MergeCrashTests {
    /// How many jobs each source has; the second and third have half of them in common.
    private static let size = 12

    private static let content = """
        SELECT custom_id, j.status, c.content, c.created_ms, a.number, r.started_ms
        FROM jobs AS j JOIN completions AS c USING (job_id) JOIN attempts AS a ON a.job_id = j.job_id
        JOIN runs AS r USING (run_id) ORDER BY 1, 5
        """

    @Test(arguments: [CrashFault.Kind.kill, .tear, .enospc, .eio])
    func aFaultAtAnyCallLeavesWholeSources(kind: CrashFault.Kind) async throws {
        let rig = try await CrashRig()
        let sources = try await Self.sources(in: TemporaryDirectory())
        let whole = try rig.folder()
        let record = whole.path("record")
        let plain = try await rig.merge(sources.paths, in: whole, record: record)
        #expect(plain.status == 0, "\(plain.error)")
        let expected = try SQLite.rows(whole.path("jobs.db"), Self.content)
        let calls = try DiskRecord.read(record).count { kind == .eio ? $0.isCall : $0.isChange }
        let trials = min(calls, CrashTally.trials(3))
        var met = 0
        for trial in 0..<trials {
            // Over the whole of it, at all calls where there are as many trials.
            let fault = CrashFault(
                kind: kind, call: 1 + (2 * trial + 1) * calls / (2 * trials), isLasting: kind == .enospc)
            let folder = try rig.folder()
            let run = try await rig.merge(sources.paths, in: folder, fault: fault)
            #expect(run.findings == [], "\(fault)")
            met += run.met == nil ? 0 : 1
            let database = folder.path("jobs.db")
            if SQLite.currentNumber(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'jobs'") == 1 {
                let jobs = try SQLite.number(database, "SELECT count(*) FROM jobs")
                #expect(
                    [0, Self.size, 2 * Self.size, 2 * Self.size + Self.size / 2].contains(jobs), "\(fault): \(jobs)")
                #expect(try SQLite.rows(database, "PRAGMA integrity_check") == ["ok"], "\(fault)")
            }
            let again = try await rig.merge(sources.paths, in: folder)
            #expect(again.status == 0, "\(fault): \(again.error)")
            #expect(try SQLite.rows(database, Self.content) == expected, "\(fault)")
        }
        #expect(met > 0)
    }

    private static func sources(
        in folder: TemporaryDirectory
    ) async throws -> (folder: TemporaryDirectory, paths: [String]) {
        var paths: [String] = []
        for (number, first) in [0, size, size + size / 2].enumerated() {
            let file = try folder.writeJobs(
                (first..<first + size).map { Answers.countingJob("job-\($0)", to: 40) }, to: "p\(number).jsonl")
            let ended = try await BatchProcess.run("run", file)
            #expect(ended.status == 0, "\(ended.error)")
            paths.append(folder.path("p\(number).db"))
        }
        return (folder, paths)
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
