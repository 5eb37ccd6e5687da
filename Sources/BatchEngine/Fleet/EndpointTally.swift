import Synchronization

/// What comes from one endpoint, as event loops tell it: what its width is found by.
final class EndpointTally: Sendable {
    /// What its models wrote in the run, in bytes.
    let bytes = Counter()
    private let firstTokens = Mutex<[Duration]>([])

    /// Adds the time to the first content of a stream.
    func add(firstToken time: Duration) { firstTokens.withLock { $0.append(time) } }

    /// The times since this was called last.
    func takeFirstTokens() -> [Duration] {
        firstTokens.withLock { times in
            defer { times = [] }
            return times
        }
    }
}
