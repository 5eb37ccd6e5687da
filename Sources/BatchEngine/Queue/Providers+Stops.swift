// What gets no more requests.
extension Providers {
    /// Whether a model gets no more requests, by itself or with its provider.
    func isStopped(_ place: ModelPlace) -> Bool {
        guard stopCount > 0 else { return false }
        return self[place.provider].stopReason != nil || self[place].stopReason != nil
    }

    /// Sends nothing more to a provider.
    mutating func stop(_ position: Int, reason: String) {
        let provider = self[position]
        guard provider.stopReason == nil else { return }
        stopCount += 1
        provider.stopReason = reason
        provider.wait = nil
        for model in provider.models { model.queue.close() }
    }

    /// Sends nothing more to a model.
    mutating func stop(_ place: ModelPlace, reason: String) {
        let model = self[place]
        guard model.stopReason == nil else { return }
        stopCount += 1
        model.stopReason = reason
        model.wait = nil
        model.queue.close()
    }

    /// Sends nothing more to an endpoint; where it was the last of its provider, to that.
    ///
    /// - Returns: whether others are left.
    mutating func stop(_ endpoint: Int, of position: Int, reason: String, at now: Duration) -> Bool {
        let provider = self[position]
        let state = provider.endpoints[endpoint]
        if state.stopReason == nil {
            state.stopReason = reason
            state.wait = nil
            endpointStopCount += 1
        }
        guard provider.stopReason == nil else { return false }
        guard provider.endpoints.contains(where: { $0.stopReason == nil }) else {
            stop(position, reason: reason)
            return false
        }
        setWidths(provider, at: now)
        stopUnservedModels(of: position, reason: reason)
        return provider.stopReason == nil
    }

    /// Sends nothing more of a model to an endpoint; where it was the last that had it, the model is stopped.
    ///
    /// - Returns: whether others are left.
    mutating func stop(_ place: ModelPlace, at endpoint: Int, reason: String) -> Bool {
        let provider = self[place.provider]
        let state = provider.endpoints[endpoint].models[place.model]
        if state.stopReason == nil {
            state.stopReason = reason
            endpointStopCount += 1
        }
        stopUnservedModels(of: place.provider, reason: reason)
        return self[place].stopReason == nil && provider.stopReason == nil
    }

    /// Stops the models that no endpoint is left for.
    private mutating func stopUnservedModels(of position: Int, reason: String) {
        let provider = self[position]
        for index in provider.models.indices where provider.models[index].stopReason == nil {
            let isServed = provider.endpoints.contains {
                $0.stopReason == nil && $0.models[index].stopReason == nil
            }
            if !isServed { stop(ModelPlace(provider: position, model: index), reason: reason) }
        }
    }

    /// Stops the providers all of whose endpoints are out for as long as the user waits, and the models that are while
    /// others are answered; and shares streams anew where other endpoints answer than before.
    mutating func stopWhatIsOut(for timeout: Duration, at now: Duration) {
        for (index, provider) in all.enumerated() where provider.stopReason == nil {
            if provider.isWidthOld { setWidths(provider, at: now) }
            guard provider.endpoints.contains(where: \.isOutAnywhere) else { continue }
            if let reason = provider.outageReason(for: timeout, at: now, { $0.outage }) {
                stop(index, reason: reason)
                continue
            }
            for (position, model) in provider.models.enumerated() where model.stopReason == nil && model.hasWork {
                let reason = provider.outageReason(for: timeout, at: now) { endpoint in
                    let model = endpoint.models[position]
                    return model.stopReason != nil ? nil : model.outage.since != nil ? model.outage : endpoint.outage
                }
                if let reason { stop(ModelPlace(provider: index, model: position), reason: reason) }
            }
        }
    }

    /// Whether some of these providers may be sent something.
    func mayAdmit(to names: some Sequence<String>) -> Bool {
        stopCount == 0
            || names.contains { name in !all.contains { $0.name == name && $0.stopReason != nil } }
    }

    /// What gets no more requests, and why: providers, models as `provider/model`, and of a pool's endpoints
    /// `provider at URL` and `provider/model at URL`.
    var stopReasons: [String: String] {
        var reasons: [String: String] = [:]
        guard stopCount + endpointStopCount > 0 else { return reasons }
        for provider in all {
            if let reason = provider.stopReason {
                reasons[provider.name] = reason
                continue
            }
            for model in provider.models {
                if let reason = model.stopReason { reasons[model.name.name] = reason }
            }
            if provider.isPool { provider.addStops(to: &reasons) }
        }
        return reasons
    }
}
