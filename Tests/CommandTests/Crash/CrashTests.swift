import Foundation
import Testing

/// Deaths and failing calls at each call of a run on its database's files.
///
/// Some of them here; `.ci/crash` takes all, and prints the table of "What we promise and how it is tested".
@Suite(.serialized, .enabled(if: CrashRig.compiler != nil, Comment(rawValue: CrashRig.absence)))
struct CrashTests {
    /// A fault that each call of a run meets in turn.
    struct Sweep: Sendable, CustomTestStringConvertible {
        var name: String
        var kind: CrashFault.Kind
        var isLasting = false
        /// Whether the run goes on from what a killed one has left.
        var isSecond = false
        /// How many calls are tried where not all are.
        var sample: Int

        var testDescription: String { name }

        /// The numbers of the calls of a run that the fault can meet.
        func calls(in records: [DiskRecord]) -> [Int] {
            let counted = records.filter { kind == .eio ? $0.isCall : $0.isChange }
            return counted.indices.filter { index in
                switch kind {
                case .kill, .eio: true
                case .tear, .short: counted[index].kind == .write
                case .enospc, .enomem: [.create, .write, .sync].contains(counted[index].kind)
                }
            }.map { $0 + 1 }
        }
    }

    static let sweeps = [
        Sweep(name: "killed before a call", kind: .kill, sample: 8),
        Sweep(name: "killed within a write", kind: .tear, sample: 4),
        Sweep(name: "a call fails (EIO)", kind: .eio, sample: 5),
        Sweep(name: "all calls fail from one on (EIO)", kind: .eio, isLasting: true, sample: 3),
        Sweep(name: "the disk is full for a call (ENOSPC)", kind: .enospc, sample: 3),
        Sweep(name: "the disk is full from a call on (ENOSPC)", kind: .enospc, isLasting: true, sample: 4),
        Sweep(name: "a write is done in part", kind: .short, sample: 2),
        Sweep(name: "killed, then killed before a call", kind: .kill, isSecond: true, sample: 3),
        Sweep(name: "killed, then a call fails (EIO)", kind: .eio, isSecond: true, sample: 3),
    ]

    @Test(arguments: sweeps) func nothingThatWasToldIsLostWhateverTheCall(sweep: Sweep) async throws {
        let rig = try await CrashRig()
        var chance = Chance(seed: Project.seed)
        let whole = try await rig.record()
        // In the middle of a run, with a WAL that holds answers and parts of answers.
        let death = sweep.isSecond ? CrashFault(kind: .kill, call: whole.count { $0.isChange } / 2) : nil
        let records = death == nil ? whole : try await rig.record([(death, []), (nil, [])], unrecorded: 1)
        let calls = sweep.calls(in: records)
        let count = CrashTally.trials(sweep.sample)
        let chosen = count >= calls.count ? calls : Array(calls.shuffled(using: &chance).prefix(count))
        let faults = chosen.map { call in
            CrashFault(
                kind: sweep.kind, call: call, isLasting: sweep.isLasting,
                part: Int.random(in: 0..<1_000, using: &chance))
        }
        let tally = try await CrashTally(sweep.name, faults) { try await rig.trial($0, after: death) }
        tally.expectNothing()
    }

    /// A disk may be found full only when it is synced, and the system may have no memory for that.
    @Test(arguments: [
        (CrashFault.Kind.enospc, "no space is left on the disk"), (.enomem, "there is not enough memory"),
    ])
    func whyASyncFailsIsSaid(kind: CrashFault.Kind, words: String) async throws {
        let rig = try await CrashRig()
        // Of the file while it is made, and of the WAL.
        for call in [4, 12] {
            let folder = try rig.folder()
            let run = try await rig.run(in: folder, fault: CrashFault(kind: kind, call: call, only: .sync))
            #expect(run.met?.contains("sync") == true && run.status == 3, "\(run.met ?? "not met"): \(run.error)")
            #expect(run.findings == [] && run.error.contains(words), "\(run.met ?? ""): \(run.error)")
            #expect(run.error.contains("run the same command again"), "\(run.error)")
            #expect(try await rig.recovery(in: folder, told: run.told) == [])
        }
    }

    /// SQLite calls it damage, whose remedy is to restore a copy or to recover what can be read.
    @Test func aReadThatFailsIsNotToldAsDamage() async throws {
        let rig = try await CrashRig()
        let folder = try rig.folder()
        _ = try await rig.run(in: folder, fault: CrashFault(kind: .kill, call: 140))
        // Each ends at the check before anything is written, or finds nothing wrong and goes on.
        for call in stride(from: 2, to: 60, by: 7) {
            let copy = try rig.folder()
            for name in ["jobs.db", "jobs.db-wal"] {
                try FileManager.default.copyItem(atPath: folder.path(name), toPath: copy.path(name))
            }
            let run = try await rig.run(in: copy, fault: CrashFault(kind: .eio, call: call))
            #expect(run.findings == [])
        }
    }

    @Test func nothingThatWasToldIsLostWheneverTheProcessIsKilled() async throws {
        let rig = try await CrashRig()
        var chance = Chance(seed: Project.seed)
        let delays = (0..<CrashTally.trials(4)).map { _ in
            Duration.milliseconds(Int.random(in: 20...1_000, using: &chance))
        }
        let tally = try await CrashTally("killed at a random moment", delays) { delay in
            try await rig.trial(killedAfter: delay)
        }
        tally.expectNothing()
    }
}
