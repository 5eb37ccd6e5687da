/// A seeded mix of faults of every kind.
package struct FaultStorm: Sendable, Hashable {
    /// The share of requests that fail, in per cent.
    package var percent: Int
    /// Whether 401 and 404 are among the faults, each of which is to stop a whole provider or model.
    package var stopsProviders: Bool

    /// A storm over so many per cent of all requests.
    package init(percent: Int, stopsProviders: Bool = false) {
        self.percent = percent
        self.stopsProviders = stopsProviders
    }

    /// The ways to fail, but for a cut at any byte.
    var ways: [MockFault] {
        let statuses = [400, 402, 403, 408, 409, 413, 500, 502, 503, 529] + (stopsProviders ? [401, 404] : [])
        return statuses.map { status in MockFault.with { $0.status = status } } + Self.rateLimits + Self.connections
            + Self.streams + Self.documents
    }

    private static let rateLimits: [MockFault] = [
        .with { ($0.status, $0.retryAfter) = (429, "1") }, .with { ($0.status, $0.retryAfter) = (429, "0") },
        .with { ($0.status, $0.retryAfterDate) = (429, .seconds(1)) },
        .with { ($0.status, $0.retryAfterMilliseconds) = (429, "300") },
        .with { ($0.status, $0.retryAfter, $0.retryAfterMilliseconds) = (429, "1", "0") },
        .with { $0.status = 429 },
    ]

    private static let connections: [MockFault] = [
        .with { $0.dropsConnection = true }, .with { $0.resetsConnection = true }, .with { $0.resetBytes = 900 },
        .with { $0.silence = .beforeHeaders }, .with { $0.silence = .beforeChunk(.index(0)) },
        .with { $0.silence = .beforeChunk(.middle) }, .with { $0.cutBytes = 0 },
        .with { $0.cutChunk = .middle }, .with { $0.cutsBeforeUsage = true }, .with { $0.leavesBodyOpen = true },
        .with { $0.closesConnection = true },
    ]

    private static let streams: [MockFault] = [
        .with { $0.endChunk = .middle }, .with { $0.inBandErrorChunk = .middle }, .with { $0.errsAfterFinish = true },
        .with { ($0.inBandErrorChunk, $0.sendsDoneAfterError) = (.middle, true) },
        .with { $0.malformedChunk = .middle },
        .with { $0.hugeEventBytes = 9 << 20 }, .with { $0.omitsDone = true }, .with { $0.prefill = .echo },
        .with { $0.prefill = .refuse }, .with { $0.prefill = .restart },
    ]

    private static let documents: [MockFault] = [
        .with { $0.sendsHTML = true }, .with { ($0.sendsHTML, $0.status) = (true, 502) },
        .with { $0.contentType = "text/plain" }, .with { $0.sendsWholeJSON = true },
    ]
}

extension MockFault {
    /// A fault with some of its members set.
    static func with(_ set: (inout MockFault) -> Void) -> MockFault {
        var fault = MockFault()
        set(&fault)
        return fault
    }
}
