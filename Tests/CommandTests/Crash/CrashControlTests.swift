import Foundation
import Testing

/// What the crash suite is worth: it must find what is wrong where something is.
@Suite(.serialized, .enabled(if: CrashRig.compiler != nil, Comment(rawValue: CrashRig.absence)))
struct CrashControlTests {
    /// Something that nothing of ours may do to a database, and what must be found.
    private struct Damage: Sendable {
        var name: String
        var expected: @Sendable (CrashFinding) -> Bool
        var make: @Sendable (_ database: String) throws -> Void

        init(_ name: String, _ expected: @escaping @Sendable (CrashFinding) -> Bool, _ sql: String) {
            self.init(name, expected) { try SQLite.write($0, sql) }
        }

        init(
            _ name: String, _ expected: @escaping @Sendable (CrashFinding) -> Bool,
            _ make: @escaping @Sendable (String) throws -> Void
        ) {
            (self.name, self.expected, self.make) = (name, expected, make)
        }
    }

    private static let damages = [
        Damage("an answer deleted", isLost, "DELETE FROM completions WHERE job_id = 7"),
        Damage(
            "an answer doubled", { $0 == .doubled("job-7") },
            """
            CREATE TEMP TABLE copy AS SELECT * FROM completions WHERE job_id = 7; UPDATE copy SET choice = 1;
            INSERT INTO completions SELECT * FROM copy
            """),
        Damage(
            "an answer changed", { $0 == .changed("job-7") },
            "UPDATE completions SET content = content || ' 1' WHERE job_id = 7"),
        Damage(
            "an answer cut short", { $0 == .changed("job-7") },
            "UPDATE completions SET content = substr(content, 1, length(content) - 1) WHERE job_id = 7"),
        Damage(
            "a chunk doubled", isBroken,
            """
            INSERT INTO chunks (attempt_id, seq, at_us, kind, choice, item, text)
            SELECT attempt_id, seq, at_us, kind, choice, item, text FROM chunks WHERE chunk_id = 20
            """),
        Damage("a chunk deleted", isBroken, "DELETE FROM chunks WHERE chunk_id = 20"),
        Damage(
            "an attempt doubled", isBroken,
            """
            CREATE TEMP TABLE copy AS SELECT * FROM attempts WHERE job_id = 7;
            UPDATE copy SET attempt_id = 1000000, number = number + 1; INSERT INTO attempts SELECT * FROM copy
            """),
        Damage("a job deleted", isBroken, "DELETE FROM jobs WHERE job_id = 7"),
        Damage("a completed job set back", isBroken, "UPDATE jobs SET status = 'pending' WHERE job_id = 7"),
        Damage("a page damaged", isBroken) { database in
            let page = try SQLite.number(database, "SELECT rootpage FROM sqlite_schema WHERE name = 'completions'")
            let file = try FileHandle(forUpdating: URL(filePath: database))
            try file.seek(toOffset: UInt64(page - 1) * 4_096)
            try file.write(contentsOf: Data(repeating: 0xA5, count: 512))
            try file.close()
        },
        Damage("the end of the file cut off", isBroken) { database in
            let size = try #require(try FileManager.default.attributesOfItem(atPath: database)[.size] as? Int)
            let file = try FileHandle(forUpdating: URL(filePath: database))
            try file.truncate(atOffset: UInt64(size / 8_192 * 4_096))
            try file.close()
        },
        Damage("the file deleted", isLost) { try FileManager.default.removeItem(atPath: $0) },
    ]

    @Sendable private static func isLost(_ finding: CrashFinding) -> Bool {
        if case .lost = finding { true } else { false }
    }
    @Sendable private static func isBroken(_ finding: CrashFinding) -> Bool {
        if case .broken = finding { true } else { false }
    }

    @Test func theCheckFindsEveryKindOfDamage() async throws {
        let rig = try await CrashRig()
        let folder = try rig.folder()
        let run = try await rig.run(in: folder)
        #expect(run.told == Set(CrashJobs.answers.keys), "\(run.error)")
        let sound = CrashCheck(folder: folder, told: run.told)
        let answers = sound.rows
        let none = try await sound.findingsAfterFault() + sound.findingsAtEnd(before: answers)
        #expect(none == [])
        for damage in Self.damages {
            let copy = try rig.folder()
            try FileManager.default.copyItem(atPath: folder.path("jobs.db"), toPath: copy.path("jobs.db"))
            try damage.make(copy.path("jobs.db"))
            let check = CrashCheck(folder: copy, told: run.told)
            let findings = try await check.findingsAfterFault()
            #expect(findings.contains(where: damage.expected), "\(damage.name) was not found: \(findings)")
            let later = try await check.findingsAtEnd(before: answers)
            #expect(!later.isEmpty, "\(damage.name) was not found at the end")
            Self.show(damage.name, findings.first(where: damage.expected))
        }
    }

    @Test func aRunThatEndsAgainstTheRulesIsFound() {
        let fault = CrashFault(kind: .eio, call: 1)
        let killed = CrashFault(kind: .kill, call: 1)
        let message = #"{"event":"message","level":"error","text":"no"}"#
        for (name, run) in [
            ("a trap", CrashRun(fault: fault, status: -SIGILL, error: message, met: "call 1", isHung: false)),
            ("a hang", CrashRun(fault: fault, status: -SIGKILL, error: message, met: "call 1", isHung: true)),
            ("an end without a word", CrashRun(fault: fault, status: 3, error: "", met: "call 1", isHung: false)),
            ("a wrong exit status", CrashRun(fault: fault, status: 1, error: message, met: "call 1", isHung: false)),
            ("a failure without a fault", CrashRun(fault: fault, status: 3, error: message, met: nil, isHung: false)),
            ("a kill outlived", CrashRun(fault: killed, status: 0, error: "", met: "call 1", isHung: false)),
        ] {
            #expect(!run.findings.isEmpty, "\(name) was not found")
            Self.show(name, run.findings.first)
        }
        #expect(CrashRun(fault: fault, status: 3, error: message, met: "call 1", isHung: false).findings.isEmpty)
    }

    @Test func aDiskThatDoesNotSyncLosesWhatWasTold() async throws {
        let rig = try await CrashRig()
        let records = try await rig.record(variables: ["NO_SYNC": "1"])
        try await expectLoss("syncs ignored", rig, records)
    }

    @Test func anAnswerThatIsToldBeforeItsSyncIsLost() async throws {
        let rig = try await CrashRig()
        var records: [DiskRecord] = []
        for record in try await rig.record() {
            // What is told comes before the newest sync of the WAL, as if nobody had waited for it.
            let sync = records.lastIndex { $0.kind == .sync && $0.file == .wal }
            if record.kind == .told, let sync { records.insert(record, at: sync) } else { records.append(record) }
        }
        try await expectLoss("told before the sync", rig, records)
    }

    @Test func normalDurabilityLosesWhatWasToldSinceTheLastCheckpoint() async throws {
        let rig = try await CrashRig()
        let records = try await rig.record([(nil, ["--durability", "normal"])])
        try await expectLoss("no sync at COMMIT", rig, records)
    }

    /// Cuts the power right after answers were told, and expects that some of them are missing.
    private func expectLoss(_ name: String, _ rig: CrashRig, _ records: [DiskRecord]) async throws {
        let told = records.indices.filter { !DiskRecord.told(in: [records[$0]]).isEmpty }
        // The last ones are followed by the checkpoint at the end.
        let cut = try #require(told.dropLast(told.count / 2).last) + 1
        let folder = try rig.folder()
        try rig.restore(PowerLoss(cut: cut, loss: .nothingStays), of: records, in: folder)
        let check = CrashCheck(folder: folder, told: DiskRecord.told(in: records.prefix(cut)))
        let findings = try await check.findingsAfterFault()
        #expect(findings.contains(where: Self.isLost), "\(name) was not found: \(findings)")
        Self.show(name, findings.first(where: Self.isLost))
    }

    /// The row of the table of controls that `.ci/crash` prints.
    private static func show(_ name: String, _ finding: CrashFinding?) {
        let words = "\(finding.map { "\($0)" } ?? "nothing")".prefix { $0 != "\n" }
        // Paths of a moment say nothing.
        let text = words.split(separator: " ").filter { !$0.contains("/llm4s-batch-") }.joined(separator: " ")
        print("| control: \(name) | \(text.prefix(80)) |")
    }
}
