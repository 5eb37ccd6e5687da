/// What has come of a stream, as it is seen from outside now and then.
struct StreamPulse {
    /// The chunks so far.
    var chunks: Int
    /// Whether no more is read at the moment, since the store has no room.
    var isHeldBack: Bool
}

/// Open streams that are silent: they may never end, so that nothing may wait for them.
///
/// Nobody takes the time as chunks come: all open streams are looked at, once a second, while something waits for them.
extension Admission {
    /// When open streams are to be looked at again; nil where nothing depends on it.
    ///
    /// Where all streams are open that the user allows, who waits for one is told how many of them are silent.
    var nextLook: Duration? {
        isWatched || silentCount > 0
            ? lastLook + .seconds(1) : isFull || isAtBound ? lastLook + .seconds(5) : nil
    }

    /// The silent streams of all providers.
    var silent: SilentStreams { lanes.providers.reduce(into: SilentStreams()) { $0.add($1.gate.silent) } }

    /// Looks at the open streams.
    ///
    /// - Parameter pulse: what has come of a job's stream; nil before it is sent.
    mutating func look(at now: Duration, pulse: (_ jobID: Int64) -> StreamPulse?) {
        lastLook = now
        silentCount = 0
        for provider in lanes.providers {
            provider.gate.silent = SilentStreams()
            for model in provider.models { model.beginLook() }
        }
        var index = flights.startIndex
        while index != flights.endIndex {
            let (id, flight) = flights[index]
            if flight.isOpen {
                let (seen, bound) = (pulse(id), lanes[flight.place].silenceBound)
                flights.values[index].look(seen, bound: bound, at: now)
                count(flights.values[index], at: now)
            }
            flights.formIndex(after: &index)
        }
    }

    private mutating func count(_ flight: Flight, at now: Duration) {
        let provider = lanes.providers[flight.place.provider]
        if flight.isSilent {
            silentCount += 1
            provider.gate.silent.add(since: flight.quietSince)
            lanes[flight.place].gate.silent.add(since: flight.quietSince)
        }
        if flight.chunks > 0, provider.isOut(flight.place.model) { provider.answered(flight, at: now) }
    }

    /// Takes that a stream is not silent any more: it ended, or begins anew.
    mutating func endSilence(_ jobID: Int64) {
        guard let flight = flights[jobID], flight.isSilent else { return }
        flights[jobID]?.isSilent = false
        silentCount -= 1
        lanes.providers[flight.place.provider].gate.silent.remove()
        lanes[flight.place].gate.silent.remove()
    }
}

extension Flight {
    fileprivate mutating func look(_ pulse: StreamPulse?, bound: Duration, at now: Duration) {
        if let pulse, pulse.isHeldBack || pulse.chunks != chunks { (chunks, quietSince) = (pulse.chunks, now) }
        isSilent = now - quietSince > bound
    }
}
