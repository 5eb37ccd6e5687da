import Foundation
import Testing

/// Power losses: what a disk that was told the same may hold afterwards, tried as `SimulatedDisk` assumes.
@Suite(.serialized, .enabled(if: CrashRig.compiler != nil, Comment(rawValue: CrashRig.absence)))
struct PowerLossTests {
    @Test func aPowerLossTakesNothingThatWasTold() async throws {
        let rig = try await CrashRig()
        var chance = Chance(seed: Project.seed)
        let whole = try await rig.record()
        // Three in a row: one that ends with a checkpoint, one that is killed, and one that goes on from its WAL.
        let middle = CrashFault(kind: .kill, call: whole.count { $0.isChange } / 2)
        let resumed = try await rig.record([(nil, ["--max-jobs", "15"]), (middle, []), (nil, [])])
        let losses = (0..<CrashTally.trials(12)).map { number in
            let records = number % 2 == 0 ? whole : resumed
            return (records, PowerLoss(in: records, using: &chance))
        }
        let tally = try await CrashTally("power loss", losses) { try await rig.trial($0.1, in: $0.0) }
        tally.expectNothing()
    }

    /// What a failed sync was to cover may be gone, whatever a later sync says: nothing of it is told.
    @Test func aPowerLossAfterAFailedSyncTakesNothingThatWasTold() async throws {
        let rig = try await CrashRig()
        var chance = Chance(seed: Project.seed)
        let calls = try await rig.record().filter(\.isCall)
        let syncs = calls.indices.filter { calls[$0].kind == .sync }.map { $0 + 1 }
        let trials = (0..<CrashTally.trials(4)).map { _ in
            (CrashFault(kind: .eio, call: syncs.randomElement(using: &chance) ?? 1), chance.next())
        }
        let tally = try await CrashTally("a sync fails, then power loss", trials) { fault, seed in
            var chance = Chance(seed: seed)
            let records = try await rig.record([(fault, [])])
            var trial = try await rig.trial(PowerLoss(in: records, using: &chance), in: records)
            trial.name = "\(fault), \(trial.name)"
            return trial
        }
        tally.expectNothing()
    }

    /// A new WAL is worth nothing without its name, and SQLite passes over a folder that cannot be synced.
    @Test func aPowerLossAfterAFailedSyncOfTheFolderTakesNothingThatWasTold() async throws {
        let rig = try await CrashRig()
        let calls = try await rig.record().filter(\.isCall)
        let syncs = calls.indices.filter { calls[$0].kind == .sync && calls[$0].file == .folder }
        // SQLite's own for the journal and the WAL, and ours.
        #expect(syncs.count > 2)
        let faults = syncs.map { CrashFault(kind: .eio, call: $0 + 1) }
        let tally = try await CrashTally("a folder's sync fails, then power loss", faults) { fault in
            let records = try await rig.record([(fault, [])])
            let told = records.lastIndex { $0.kind == .told } ?? records.count - 1
            // Before the checkpoint at the end, if it came so far.
            let checkpoint = records.lastIndex { $0.kind == .write && $0.file == .wal } ?? told
            var trial = try await rig.trial(
                PowerLoss(cut: min(told, checkpoint) + 1, loss: .nothingStays), in: records)
            trial.name = "\(fault), \(trial.name)"
            return trial
        }
        tally.expectNothing()
    }

    /// With `--durability normal` what was told before the last checkpoint is there, and the rest is whole or absent.
    @Test func aPowerLossTakesOfNormalDurabilityWhatItsHelpSays() async throws {
        let rig = try await CrashRig()
        var chance = Chance(seed: Project.seed)
        let normal = ["--durability", "normal"]
        // A run ends with a checkpoint.
        let records = try await rig.record([(nil, normal + ["--max-jobs", "25"]), (nil, normal)])
        let losses = (0..<CrashTally.trials(5)).map { _ in PowerLoss(in: records, using: &chance) }
        let tally = try await CrashTally("power loss, `--durability normal`", losses) { loss in
            let checkpoint = records.prefix(loss.cut).lastIndex { $0.kind == .sync && $0.file == .main }
            return try await rig.trial(loss, in: records, promised: checkpoint ?? 0)
        }
        tally.expectNothing()
    }
}
