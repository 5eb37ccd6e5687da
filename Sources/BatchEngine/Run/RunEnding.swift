/// Why a run ended.
package enum RunEnding: Sendable, Equatable {
    /// Every job in scope has ended.
    case finished
    /// One of the user's limits was reached with work left: its name.
    case limited(String)
    /// The program that checks answers said what it must not say, or nothing more: which.
    case judgeFailed(String)
    /// Work is left for providers that get no more requests.
    case providersStopped
    /// The user stopped it.
    case stopped
    /// The store can take no more.
    case storeFailed(String)
}

extension RunSnapshot {
    /// Why a run that ended so has left work, in words; nil where it has not.
    ///
    /// - Parameter ending: as the run told it.
    package func stopReason(of ending: RunEnding) -> String? {
        switch ending {
        case .finished: nil
        case .limited(let limit): limit
        case .judgeFailed(let reason): reason
        case .stopped: "it was cancelled"
        case .storeFailed(let reason): reason
        case .providersStopped:
            stoppedProviders.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "; ")
        }
    }
}

/// How far a run has been stopped before its work was done; it only ever goes further.
enum RunStop: Equatable {
    case none
    /// No more jobs are taken up; open streams end by themselves.
    case intake(RunEnding)
    /// The same, and what is still open at the deadline, since the run's start, is closed.
    case draining(until: Duration)
    /// Everything open is closed.
    case now
    /// The same, since the store can take no more: why.
    case storeFailed(String)

    /// Notes that one of the user's limits is reached.
    mutating func endIntake(_ reason: RunEnding) {
        if self == .none { self = .intake(reason) }
    }

    /// Notes that the user stops the run: the first request gives open streams until the deadline, the second closes
    /// them.
    mutating func request(deadline: Duration) {
        switch self {
        case .none, .intake: self = .draining(until: deadline)
        case .draining, .now: self = .now
        case .storeFailed: break
        }
    }

    /// Closes everything that is open.
    mutating func close() {
        if case .storeFailed = self { return }
        self = .now
    }

    /// The same, since the store failed; the first reason stands.
    mutating func fail(_ reason: String) {
        if case .storeFailed = self { return }
        self = .storeFailed(reason)
    }

    /// Why the run ends by this; nil where nothing has stopped it.
    var ending: RunEnding? {
        switch self {
        case .none: nil
        case .intake(let reason): reason
        case .draining, .now: .stopped
        case .storeFailed(let reason): .storeFailed(reason)
        }
    }
}
