/// How many streams are opened at an endpoint (Contract, "Pools").
package enum StreamWidth: Sendable, Equatable {
    /// As many as the run and the provider allow.
    case fixed
    /// As many as it turns out to answer well.
    ///
    /// - Parameters:
    ///   - most: the streams that may be open at once in all, at least 1.
    ///   - firstTokenTarget: the time to the first token past which there are too many; nil for any.
    case found(most: Int, firstTokenTarget: Duration?)
}

/// The order in which jobs are sent (Contract, "Pools").
package enum JobOrder: Sendable, Equatable {
    /// Those that begin alike next to each other, each to the endpoint that has their beginning.
    case prefix
    /// That of the queue, each to the endpoint with the most room.
    case input
}

/// Whether the first of the jobs that begin alike goes alone to an endpoint, until its first token came (Contract,
/// "Pools").
package enum WarmFirst: Sendable, Equatable {
    /// Where they have much in common.
    case auto
    /// Always.
    case on
    /// Never.
    case off
}
