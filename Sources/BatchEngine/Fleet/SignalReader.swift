package import LLMStreaming

/// Asks the servers of a run for their loads while it goes on.
///
/// It ends with its task alone, and at once; nothing that a server does is an error of it.
package struct SignalReader<Signals: ServerSignals, Time: Clock>: Sendable where Time.Duration == Duration {
    private let signals: Signals
    private let clock: Time

    /// A reader that asks by `signals` and waits by `clock`.
    package init(signals: Signals, clock: Time) {
        self.signals = signals
        self.clock = clock
    }

    /// Asks until the task is cancelled; of endpoints that are public nobody is asked.
    ///
    /// - Parameters:
    ///   - endpoints: whom to ask, each by a schedule of its own.
    ///   - tell: told what came of each question, with the endpoint's place in the list: the load, or nil where it told
    ///     none. Called from any thread, of one endpoint in order; it must not block.
    package func read(_ endpoints: [Endpoint], tell: @escaping @Sendable (Int, ServerLoad?) -> Void) async {
        await withDiscardingTaskGroup { group in
            for (place, endpoint) in endpoints.enumerated() where !endpoint.isPublic {
                group.addTask { await follow(endpoint) { tell(place, $0) } }
            }
        }
    }

    private func follow(_ endpoint: Endpoint, tell: (ServerLoad?) -> Void) async {
        var schedule = SignalSchedule()
        while !Task.isCancelled {
            let load = await signals.load(of: endpoint, at: schedule.address)
            // A question that was given up says nothing of the server.
            if Task.isCancelled { return }
            let wait = schedule.asked(isServed: load != nil)
            guard wait > .zero else { continue }
            tell(load)
            try? await clock.sleep(for: wait)
        }
    }
}
