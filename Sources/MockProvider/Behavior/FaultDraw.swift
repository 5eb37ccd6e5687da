/// Decides which fault a try of a request meets: the behaviour's own, a flaky one, or none.
struct FaultDraw {
    let seed: UInt64

    /// After so many faults in a row a flaky request is answered well, so that a retry finally succeeds.
    static let maximumFlakyFaults = 3

    /// The fault of one try of a request.
    ///
    /// - Parameters:
    ///   - request: The request's key; the same for each try.
    ///   - tryNumber: How often the same request came before.
    func fault(of behavior: MockBehavior, request: UInt64, tryNumber: Int) -> MockFault {
        if let percent = behavior.flakyPercent {
            return flakyFault(percent: percent, request: request, tryNumber: tryNumber)
        }
        if let storm = behavior.storm { return fault(of: storm, request: request, tryNumber: tryNumber) }
        return tryNumber < behavior.faultTimes ?? .max ? behavior.fault : MockFault()
    }

    private func fault(of storm: FaultStorm, request: UInt64, tryNumber: Int) -> MockFault {
        let draw = Hash64.mix(seed &+ Hash64.mix(request &+ UInt64(tryNumber)))
        guard tryNumber < Self.maximumFlakyFaults, draw % 100 < UInt64(storm.percent) else { return MockFault() }
        let ways = storm.ways
        let way = Int((draw >> 32) % UInt64(ways.count + 1))
        // The last way is a cut that falls anywhere, inside lines and characters too.
        return way < ways.count ? ways[way] : .with { $0.cutBytes = Int((draw >> 16) % 4_096) }
    }

    private func flakyFault(percent: Int, request: UInt64, tryNumber: Int) -> MockFault {
        var fault = MockFault()
        let draw = Hash64.mix(seed &+ Hash64.mix(request &+ UInt64(tryNumber)))
        guard tryNumber < Self.maximumFlakyFaults, draw % 100 < UInt64(percent) else { return fault }
        switch (draw >> 32) % 4 {
        case 0:
            fault.status = 429
            fault.retryAfter = (draw >> 48) % 2 == 0 ? "0" : "1"
        case 1: fault.status = 503
        case 2: fault.cutChunk = .middle
        default: fault.inBandErrorChunk = .middle
        }
        return fault
    }
}
