import NIOCore

/// What happens to requests at one instant.
extension Capacity {
    /// Makes every change that is due.
    mutating func settle() {
        catchUp()
        repeat {
            endPrefills()
            endStreams()
        } while !growStreams() || fillSlot()
    }

    /// Gives the streams the blocks of the tokens that came since, as far as there is room for them.
    mutating func catchUp() {
        for id in running {
            let missing = streams[id]!.missingBlocks(at: decodeClock)
            if missing > 0, missing <= cache.room { grow(id, by: missing) }
        }
    }

    private mutating func grow(_ id: Int, by blocks: Int) {
        cache.take(blocks)
        streams[id]!.ownBlocks += blocks
    }

    /// Lets those decode whose prompt is computed.
    private mutating func endPrefills() {
        for id in running {
            guard case .prefilling(let end, let tokens) = streams[id]!.phase else { continue }
            guard limits.prefillRate == nil || end <= prefillClock + CapacityStream.tolerance else { continue }
            beginDecoding(id, computed: tokens)
        }
    }

    private mutating func beginDecoding(_ id: Int, computed tokens: Int) {
        var stream = streams[id]!
        counted.prefillTokens += tokens
        for hash in stream.prompt.hashes.dropFirst(stream.sharedBlocks) {
            cache.publish(hash)
            stream.sharedBlocks += 1
            stream.ownBlocks -= 1
        }
        if stream.kept == 0 {
            counted.promptTokens += stream.prompt.tokens
            counted.firstTokens.add(Double((now - stream.arrived).nanoseconds) / 1e9)
        }
        let takesNoTime = limits.decodeRate(running: 1) == nil
        let first = takesNoTime ? stream.outputTokens : min(stream.kept + 1, stream.outputTokens)
        stream.phase = .decoding(start: decodeClock, first: first)
        streams[id] = stream
        changed.append(id)
    }

    /// Ends the streams whose last token came; one that decodes in no time has its slot until it leaves.
    private mutating func endStreams() {
        guard limits.decodeRate(running: 1) != nil else { return }
        for id in running {
            guard let end = streams[id]!.endOfDecoding, end <= decodeClock + CapacityStream.tolerance else { continue }
            vacate(id)
            streams[id]!.phase = .finished
            changed.append(id)
        }
    }

    /// Gives the streams the blocks that their tokens need.
    ///
    /// - Returns: Whether all have them; else the newest was put back, and the others are to be looked at again.
    private mutating func growStreams() -> Bool {
        for id in running {
            let missing = streams[id]!.missingBlocks(at: decodeClock)
            guard missing > 0 else { continue }
            // The last one has what it needs even where the limits became too small for it: it must come to its end.
            guard cache.room >= missing || running.count == 1 else {
                preempt(running[running.count - 1])
                return false
            }
            grow(id, by: missing)
        }
        return true
    }

    /// Gives the first request that waits a slot, if one is free and the cache has room.
    private mutating func fillSlot() -> Bool {
        guard running.count < limits.slots, let id = waiting.first else { return false }
        var stream = streams[id]!
        let hits = cache.hits(of: stream.sharableHashes)
        let blocks = stream.blocksToStart - hits.blocks
        guard cache.room - hits.idle >= blocks || running.isEmpty else { return false }
        waiting.removeFirst()
        running.append(id)
        cache.hold(stream.prompt.hashes.prefix(hits.blocks))
        cache.take(blocks)
        stream.sharedBlocks = hits.blocks
        stream.ownBlocks = blocks
        let cached = hits.blocks * CapacityLimits.blockTokens
        // As vLLM, what is found after a preemption is not counted.
        if stream.cachedTokens == nil {
            stream.cachedTokens = cached
            counted.queriedTokens += stream.prompt.tokens
            counted.cachedTokens += cached
        }
        let tokens = stream.prompt.tokens + stream.kept - cached
        stream.phase = .prefilling(end: prefillClock + Double(tokens), tokens: tokens)
        streams[id] = stream
        return true
    }

    /// Puts a request with a slot back to the head of the queue.
    mutating func preempt(_ id: Int) {
        vacate(id)
        streams[id]!.phase = .waiting
        waiting.prepend(id)
        counted.preemptions += 1
    }

    /// Takes slot and blocks from a request, if it has them, and keeps the number of its tokens.
    mutating func vacate(_ id: Int) {
        var stream = streams[id]!
        stream.kept = stream.generated(at: decodeClock)
        if case .prefilling(let end, let tokens) = stream.phase {
            counted.prefillTokens += tokens - Int(max(0, end - prefillClock - CapacityStream.tolerance).rounded(.up))
        }
        cache.release(stream.prompt.hashes.prefix(stream.sharedBlocks))
        cache.giveBack(stream.ownBlocks)
        stream.sharedBlocks = 0
        stream.ownBlocks = 0
        streams[id] = stream
        running.removeAll { $0 == id }
    }
}
