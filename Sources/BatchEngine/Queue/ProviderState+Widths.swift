import LLMStreaming

// How the streams that a provider may have are shared by its endpoints.
extension ProviderState {
    /// Follows a change of what the user allows, or of which endpoints answer: those that are out give their streams to the
    /// others, and keep what a probe needs.
    ///
    /// - Parameters:
    ///   - bound: the most streams of the provider.
    ///   - ofModel: the most streams of one of its models.
    func setWidths(bound: Int, ofModel: (ModelState) -> Int, at now: Duration) {
        total?.set(bound: bound, at: now)
        let answering = currentlyAnswering
        if answering != self.answering {
            self.answering = answering
            forgetWhatIsOut()
        }
        let widths: [Int] =
            if endpoints.first?.found != nil {
                foundWidths(atMost: min(bound, models.reduce(0) { $0.addingClamped(ofModel($1)) }))
            } else {
                isPool ? shares(of: bound) : [bound]
            }
        for (endpoint, width) in zip(endpoints, widths) {
            endpoint.limiter.set(bound: width, at: now)
            for (model, state) in zip(models, endpoint.models) {
                state.limiter.set(bound: min(width, ofModel(model)), at: now)
            }
        }
        if isPool { for model in models { model.bound = ofModel(model) } }
    }

    /// The streams of each endpoint where they are found: a width that cannot be reached would be tried for ever.
    private func foundWidths(atMost bound: Int) -> [Int] {
        endpoints.map { endpoint in
            endpoint.found?.set(most: max(1, bound))
            return min(bound, endpoint.found?.finder.width ?? bound)
        }
    }

    /// Forgets what endpoints held that are out or stopped.
    private func forgetWhatIsOut() {
        for (index, endpoint) in endpoints.enumerated() where !endpoint.isAnswering {
            for model in models { model.queue.fresh.forget(index) }
        }
    }

    /// Whether other endpoints answer than when the streams were shared last.
    var isWidthOld: Bool { isPool && answering != currentlyAnswering }

    var currentlyAnswering: EndpointSet {
        EndpointSet(endpoints.indices.lazy.filter { self.endpoints[$0].isAnswering })
    }

    /// The streams of each endpoint: by its weight among those that answer, at least one, and no more in all where there
    /// are as many as endpoints.
    private func shares(of bound: Int) -> [Int] {
        let all = endpoints.indices.filter { endpoints[$0].stopReason == nil }
        let answering = all.filter { endpoints[$0].isAnswering }
        let sharing = answering.isEmpty ? all : answering
        // Each that is out is asked by one stream now and then, which is not to wait for a free one.
        let total = max(sharing.count, bound - (all.count - sharing.count))
        let sum = sharing.reduce(0) { $0 + endpoints[$1].weight }
        var widths = Array(repeating: 1, count: endpoints.count)
        var left = total
        var rests: [(endpoint: Int, rest: Double)] = []
        for index in sharing {
            let share = Double(total) * endpoints[index].weight / sum
            widths[index] = max(1, Int(share))
            left -= widths[index]
            rests.append((index, share - share.rounded(.down)))
        }
        for (index, _) in rests.sorted(by: { $0.rest > $1.rest }).prefix(max(0, left)) { widths[index] += 1 }
        return widths
    }
}

extension EndpointState {
    /// Follows a rule by which it gets streams, for the first time or in place of another.
    func follow(_ rule: StreamWidth, insteadOf before: StreamWidth = .fixed) {
        switch rule {
        case .fixed: found = nil
        case .found(let most, let target):
            if case .found(_, target) = before, found != nil {
                found?.set(most: most)
            } else {
                // In the middle of a run what it had is the best guess that there is.
                let running = limiter.running - limiter.silent.count
                found = FoundWidth(
                    WidthFinder(most: most, from: max(WidthFinder.usualFirst, running), firstTokenTarget: target))
                // Of an earlier time.
                _ = tally.takeFirstTokens()
            }
        }
    }

    /// Whether it is sent requests, and not out.
    fileprivate var isAnswering: Bool { stopReason == nil && outage.since == nil }
}
