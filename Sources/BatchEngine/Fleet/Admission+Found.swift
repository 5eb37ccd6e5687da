// How many streams endpoints should have, where that is found.
extension Admission {
    /// Follows what the open streams of each endpoint show.
    mutating func findWidths(at now: Duration) {
        for provider in providers.all where provider.stopReason == nil {
            // Where others have all that is allowed in all, nothing shows what one of them could do with more.
            let isFull = running >= width.limit || provider.total.map { provider.running >= $0.window.bound } ?? false
            let isDemanded = !isFull && provider.models.contains { $0.stopReason == nil && $0.hasWorkAtHand }
            for endpoint in provider.endpoints {
                defer { if isFull { endpoint.found?.noteBound() } }
                endpoint.found?.endLook(
                    running: endpoint.limiter.running, silent: endpoint.limiter.silent.count, isDemanded: isDemanded,
                    tally: endpoint.tally, at: now)
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
