package import BatchEngine
package import BatchStore

/// Jobs whose ids are stored with other requests, in words; those that ask the same of another model are told together.
package struct ChangedJobs {
    private struct Models: Hashable {
        var stored: ModelName
        var asked: ModelName
    }

    /// Jobs that ask the same of another model.
    private struct Moved {
        var count = 0
        var answers = 0
        /// Where the first of them stands.
        var first: String
    }

    /// The most pairs of models that are told each.
    private static let maximumPairs = 5

    /// The database that they are stored in.
    private let database: String
    private var moved: [Models: Moved] = [:]
    private var pairs: [Models] = []
    private var lines: [String] = []
    private var count = 0

    package init(database: String) { self.database = database }

    /// Adds a job.
    ///
    /// - Parameter isAnswered: whether its answer is stored.
    package mutating func add(_ job: NewJob, _ stored: StoredIdentity, isAnswered: Bool = false) {
        let place = "\(job.source):\(job.line)"
        let asked = ModelName(provider: job.provider, model: job.model)
        if let request = try? JobRequest(stored: job.request),
            RequestHash(request.content, stored.model).hexadecimal == stored.requestSHA256
        {
            let models = Models(stored: stored.model, asked: asked)
            if moved[models] == nil { pairs.append(models) }
            moved[models, default: Moved(first: "'\(job.customID)' (\(place))")].count += 1
            if isAnswered { moved[models]?.answers += 1 }
            return
        }
        count += 1
        guard lines.count < FaultReport.maximumFaults else { return }
        let earlier = stored.source + (stored.line.map { ":\($0)" } ?? "")
        lines.append(
            "\(place): job '\(job.customID)' is stored with another request (from \(earlier)); give it another id, "
                + "or choose --on-changed replace or keep")
    }

    /// What is to be told; nil where there are none.
    package var text: String? {
        guard !pairs.isEmpty || count > 0 else { return nil }
        var text = lines
        if count > lines.count { text.append("… and \((count - lines.count).grouped) more") }
        for models in pairs.prefix(Self.maximumPairs) {
            if let jobs = moved[models] { text.append(words(jobs, models)) }
        }
        if pairs.count > Self.maximumPairs {
            text.append("… and of \((pairs.count - Self.maximumPairs).counted("pair")) of models more")
        }
        if !pairs.isEmpty { text.append(advice) }
        return text.joined(separator: "\n")
    }

    private func words(_ jobs: Moved, _ models: Models) -> String {
        let (stored, asked) = (models.stored.name, models.asked.name)
        let whose =
            jobs.count == 1 ? "job \(jobs.first)" : "\(jobs.count.grouped) jobs, \(jobs.first) first,"
        return "\(whose) \(jobs.count == 1 ? "is" : "are") stored in \(database) for \(stored) and would now ask "
            + "\(asked): another request, though nothing but the model differs"
    }

    private var advice: String {
        let answers = moved.values.reduce(0) { $0 + $1.answers }
        let deleted =
            answers > 0 ? " deletes \(answers.counted("stored answer"))" : " drops the old request"
        return "for answers of both models give another --db; --on-changed keep runs what is stored, "
            + "--on-changed replace\(deleted)"
    }
}
