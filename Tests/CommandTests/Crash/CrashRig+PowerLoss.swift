import Foundation

/// A power loss: where in a record, and what it leaves.
struct PowerLoss {
    /// How many entries of the record came before it.
    var cut: Int
    var loss: SimulatedDisk.Loss
    var seed: UInt64

    /// One by chance; every second one comes right after something was told, when most is promised.
    init(in records: [DiskRecord], using chance: inout Chance) {
        let isAfterTold = Bool.random(using: &chance)
        let cuts = records.indices.filter { isAfterTold ? records[$0].kind == .told : records[$0].isChange }
        cut = (cuts.randomElement(using: &chance) ?? records.count - 1) + 1
        loss = SimulatedDisk.Loss.allCases.randomElement(using: &chance) ?? .nothingStays
        seed = chance.next()
    }

    init(cut: Int, loss: SimulatedDisk.Loss) { (self.cut, self.loss, seed) = (cut, loss, 1) }
}

extension CrashRig {
    /// Records the disk's calls of runs one after another, of the same jobs and in the same folder.
    ///
    /// - Parameters:
    ///   - runs: the fault and the options of each; its record goes on where that of the run before ends.
    ///   - unrecorded: how many of them only come before what is recorded.
    ///   - variables: further variables of the shim, `LLM4S_CRASH_`.
    func record(
        _ runs: [(fault: CrashFault?, options: [String])] = [(nil, [])], unrecorded: Int = 0,
        variables: [String: String] = [:]
    ) async throws -> [DiskRecord] {
        let folder = try folder()
        let record = folder.path("record")
        for (number, (fault, options)) in runs.enumerated() {
            let run = try await run(
                in: folder, fault: fault, record: number < unrecorded ? nil : record, options: options,
                variables: variables)
            // 4: stopped by --max-jobs.
            guard [0, 4].contains(run.status) || run.met != nil && run.findings.isEmpty else {
                throw SQLite.Fault(description: "the recorded run ended with \(run.status): \(run.error)")
            }
        }
        return try DiskRecord.read(record)
    }

    /// Looks at what a power loss leaves, runs the jobs there, and looks once more.
    ///
    /// - Parameter promised: how many entries of the record came before the last told answer that must be there; nil for
    ///   all up to the loss.
    func trial(_ loss: PowerLoss, in records: [DiskRecord], promised: Int? = nil) async throws -> CrashTrial {
        let folder = try folder()
        let told = DiskRecord.told(in: records.prefix(promised ?? loss.cut))
        try restore(loss, of: records, in: folder)
        return CrashTrial(
            name: "power loss after entry \(loss.cut) of \(records.count), \(loss.loss), seed \(loss.seed)",
            told: told.count, findings: try await recovery(in: folder, told: told))
    }

    /// Writes the files that are there after a power loss.
    func restore(_ loss: PowerLoss, of records: [DiskRecord], in folder: TemporaryDirectory) throws {
        var chance = Chance(seed: loss.seed)
        let files = SimulatedDisk(records.prefix(loss.cut)).files(after: loss.loss, using: &chance)
        for (file, bytes) in files where file != .none && file != .folder {
            // Nobody syncs the WAL's index: what a power loss leaves of it may be anything.
            let isNoise = file == .index && Bool.random(using: &chance)
            let written = isNoise ? Data((0..<32_768).map { _ in UInt8.random(in: 0...255, using: &chance) }) : bytes
            try written.write(to: folder.url.appending(path: "jobs.db" + file.ending))
        }
    }
}
