/// What the check of an input found.
package struct InputSummary: Sendable {
    /// The most models that are counted apart.
    package static let maximumModels = 1000

    /// Lines without fault.
    package private(set) var jobs = 0
    /// Lines that are not blank.
    package internal(set) var lines = 0
    package internal(set) var bytes = 0
    /// How many jobs each provider gets.
    package private(set) var jobsByProvider: [String: Int] = [:]
    /// How many jobs each model gets, of the first thousand models met.
    package private(set) var jobsByModel: [ModelName: Int] = [:]
    /// What the jobs of those models are expected to use up; empty where no estimate was asked for.
    package private(set) var work: [ModelName: WorkEstimate] = [:]
    /// All that is wrong.
    package internal(set) var report = FaultReport()

    /// The files as they were when they were checked, in the order of the sources.
    var snapshots: [FileSnapshot?] = []
    /// Lines whose id has the fingerprint of another, and is none the less its own.
    var cleared: Set<InputPosition> = []

    mutating func count(_ line: ParsedLine, isEstimating: Bool) {
        jobs += 1
        jobsByProvider[line.model.provider, default: 0] += 1
        if jobsByModel[line.model] != nil || jobsByModel.count < Self.maximumModels {
            jobsByModel[line.model, default: 0] += 1
            if isEstimating { work[line.model, default: WorkEstimate()].add(line) }
        }
    }
}
