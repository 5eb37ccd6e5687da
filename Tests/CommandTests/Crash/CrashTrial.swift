/// What became of one trial.
struct CrashTrial {
    /// What was done, for a message.
    var name: String
    /// Whether the fault met the run before its end.
    var isMet = true
    /// How many answers had been told of before it.
    var told = 0
    var findings: [CrashFinding] = []
}

extension CrashRig {
    /// Runs the jobs into a fault, looks at what is left, runs them again, and looks once more.
    ///
    /// - Parameter death: what met a run before that one, which goes on from what was left; nil where it begins.
    func trial(_ fault: CrashFault, after death: CrashFault? = nil) async throws -> CrashTrial {
        let folder = try folder()
        let first = if let death { try await self.run(in: folder, fault: death) } else { CrashRun?.none }
        let run = try await run(in: folder, fault: fault)
        let told = run.told.union(first?.told ?? [])
        var trial = CrashTrial(
            name: "\(death.map { "\($0), then " } ?? "")\(fault) (\(run.met ?? "not met"))", isMet: run.met != nil,
            told: told.count)
        trial.findings = try await run.findings + (first?.findings ?? []) + recovery(in: folder, told: told)
        return trial
    }

    /// The same with a kill from outside.
    func trial(killedAfter delay: Duration) async throws -> CrashTrial {
        let folder = try folder()
        let run = try await run(in: folder, killedAfter: delay)
        var trial = CrashTrial(name: "kill after \(delay)", isMet: run.status < 0, told: run.told.count)
        trial.findings = try await run.findings + recovery(in: folder, told: run.told)
        return trial
    }

    /// What is wrong with what a fault has left, and with what the next run makes of it.
    func recovery(in folder: TemporaryDirectory, told: Set<String>) async throws -> [CrashFinding] {
        let check = CrashCheck(folder: folder, told: told)
        var findings = try await check.findingsAfterFault()
        let before = check.rows
        let again = try await run(in: folder)
        if again.status != 0 { findings.append(.unfinished("status \(again.status): \(again.error.suffix(400))")) }
        return try await findings + check.findingsAtEnd(before: before)
    }
}
