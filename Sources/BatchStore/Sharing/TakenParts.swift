package import BatchEngine

/// What of a shared folder was taken.
package struct TakenParts: Sendable, Equatable {
    private struct PassedOver: Equatable {
        var path: String
        var reason: String
        /// How many there are with this reason.
        var count: Int
    }

    /// How many were read.
    package var parts = 0
    /// Up to which number each worker's parts were read.
    package var numbers: [WorkerName: Int] = [:]
    private var reasons: [PassedOver] = []
    /// Where each reason is among them.
    private var places: [String: Int] = [:]

    /// Notes a part that was passed over.
    mutating func passOver(_ path: String, _ reason: String) {
        if let place = places[reason] { return reasons[place].count += 1 }
        places[reason] = reasons.count
        reasons.append(PassedOver(path: path, reason: reason, count: 1))
    }

    /// Those that were passed over, a line for each reason: a newer version may have written thousands.
    package var passedOver: [String] {
        reasons.map { known in
            let others = known.count - 1
            return "\(known.path): passed over: \(known.reason)"
                + (others > 0 ? "; and so \(others == 1 ? "was" : "were") \(others.counted("other"))" : "")
        }
    }
}
