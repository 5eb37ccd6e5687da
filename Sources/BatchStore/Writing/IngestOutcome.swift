package import BatchEngine

/// What became of a job that was handed in.
package enum IngestOutcome: Sendable, Equatable {
    /// It is stored.
    case new
    /// It was there, with the same request; its file, line and metadata are up to date.
    case unchanged(JobStatus)
    /// It was there with another request, which the new one replaced.
    case replaced
    /// It was there with another request, which stays.
    case kept(JobStatus)
    /// It is there with another request, and that is an error: nothing of what was handed in with it is stored.
    case conflict(StoredIdentity)

    /// What becomes of a job whose id is stored already.
    package init(_ job: NewJob, over stored: StoredJob, onChanged policy: ChangedJobPolicy) {
        if stored.identity.requestSHA256 == job.requestSHA256 {
            self = .unchanged(stored.status)
            return
        }
        switch policy {
        case .error: self = .conflict(stored.identity)
        case .keep: self = .kept(stored.status)
        case .replace: self = .replaced
        }
    }
}

/// What becomes of a job whose id is stored with another request (`--on-changed`; Contract, "Job lines").
package enum ChangedJobPolicy: String, Sendable, CaseIterable {
    /// It is an input error.
    case error
    /// Its answer is deleted and the new request runs; its attempts stay, their text is not used.
    case replace
    /// The stored request stays.
    case keep
}
