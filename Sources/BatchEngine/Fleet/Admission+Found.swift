// How many streams endpoints should have, where that is found.
extension Admission {
    /// Follows what the open streams of each endpoint show.
    mutating func findWidths(at now: Duration) {
        for provider in providers.all where provider.stopReason == nil {
            let isFull = running >= width.limit || provider.total.map { provider.running >= $0.window.bound } ?? false
            let isDemanded = provider.models.contains { $0.stopReason == nil && $0.hasWorkAtHand }
            for endpoint in provider.endpoints {
                // Where others have the rest of all that is allowed, nothing shows what it could do with its own width.
                let isHeld = isFull && endpoint.limiter.running < endpoint.found?.finder.width ?? 0
                endpoint.found?.endLook(
                    running: endpoint.limiter.running, silent: endpoint.limiter.silent.count,
                    isDemanded: isDemanded && !isHeld, tally: endpoint.tally, at: now)
                if isHeld { endpoint.found?.noteBound() }
            }
            // Also what refusals and outages have made of them since.
            providers.setWidths(provider, at: now)
        }
    }

    /// Notes what the server of an endpoint says of itself.
    ///
    /// - Parameter waiting: the requests that wait there, of all its clients; nil where it does not say.
    func note(waiting: Int?, at endpoint: String, of provider: String) {
        let state = providers.all.first { $0.name == provider }?.endpoints.first { $0.name == endpoint }
        state?.found?.waitingAtServer = waiting
    }

    /// What the streams of an attempt's endpoint are counted by.
    func tally(of attempt: AdmittedAttempt) -> EndpointTally {
        providers[attempt.place.provider].endpoints[attempt.endpoint].tally
    }
}

extension ModelState {
    /// Whether jobs of it could be sent now, as far as is known.
    fileprivate var hasWorkAtHand: Bool { !queue.isEmpty || queue.isFreshUnread }
}
