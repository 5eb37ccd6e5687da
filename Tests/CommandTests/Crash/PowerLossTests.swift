import Foundation
import Testing

/// Power losses: what a disk that was told the same may hold afterwards, tried as `SimulatedDisk` assumes.
@Suite(.serialized, .enabled(if: CrashRig.compiler != nil, Comment(rawValue: CrashRig.absence)))
struct PowerLossTests {
    @Test func aPowerLossTakesNothingThatWasTold() async throws {
        let rig = try await CrashRig()
        var chance = Chance(seed: Project.seed)
        let whole = try await rig.record()
        // One that goes on from what a killed one left, with a WAL that it did not begin.
        let middle = whole.count { $0.isChange } * 2 / 3
        let resumed = try await rig.record([(CrashFault(kind: .kill, call: middle), []), (nil, [])])
        let losses = (0..<CrashTally.trials(14)).map { number in
            let records = number % 2 == 0 ? whole : resumed
            return (records, PowerLoss(in: records, using: &chance))
        }
        let tally = try await CrashTally("power loss", losses) { try await rig.trial($0.1, in: $0.0) }
        tally.expectNothing()
    }

    /// With `--durability normal` what was told before the last checkpoint is there, and the rest is whole or absent.
    @Test func aPowerLossTakesOfNormalDurabilityWhatItsHelpSays() async throws {
        let rig = try await CrashRig()
        var chance = Chance(seed: Project.seed)
        let normal = ["--durability", "normal"]
        // A run ends with a checkpoint.
        let records = try await rig.record([(nil, normal + ["--max-jobs", "25"]), (nil, normal)])
        let losses = (0..<CrashTally.trials(6)).map { _ in PowerLoss(in: records, using: &chance) }
        let tally = try await CrashTally("power loss, `--durability normal`", losses) { loss in
            let checkpoint = records.prefix(loss.cut).lastIndex { $0.kind == .sync && $0.file == .main }
            return try await rig.trial(loss, in: records, promised: checkpoint ?? 0)
        }
        tally.expectNothing()
    }
}
