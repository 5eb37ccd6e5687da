extension RunSnapshot {
    /// Why a run that ended so has left work, in words; nil where it has not.
    ///
    /// - Parameter ending: as the run told it.
    package func stopReason(of ending: RunEnding) -> String? {
        switch ending {
        case .finished: nil
        case .limited(let limit): limit
        case .stopped: "it was cancelled"
        case .storeFailed(let reason): reason
        case .providersStopped:
            stoppedProviders.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "; ")
        }
    }
}
