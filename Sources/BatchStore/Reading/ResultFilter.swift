package import BatchEngine
package import LLMStreaming

/// Which jobs `results` gives; a job passes where it is in every set that is not nil.
package struct ResultFilter: Sendable, Equatable {
    package var statuses: Set<JobStatus>
    package var customIDs: Set<String>?
    /// Names of models, with or without their provider before a slash.
    package var models: Set<String>?
    package var errorKinds: Set<ErrorKind>?
    /// Those of any of the job's answers.
    package var finishReasons: Set<FinishReason>?
    /// Whether jobs pass that their file no longer has.
    package var includesGone = true

    package init(statuses: Set<JobStatus> = [.completed, .failed]) { self.statuses = statuses }

    /// Binds the sets to parameters from ?4 on, as lists in JSON.
    func bind(to statement: borrowing Statement) {
        let lists: [[String]?] = [
            statuses.map(\.rawValue), customIDs.map(Array.init), models.map(Array.init),
            errorKinds?.map(\.rawValue), finishReasons?.map(\.rawValue),
        ]
        for (index, list) in lists.enumerated() {
            guard let list else {
                statement.bind(nil as Int?, at: Int32(4 + index))
                continue
            }
            statement.bind(utf8: JSON.array(list.map(JSON.string)).bytes, at: Int32(4 + index))
        }
    }
}
