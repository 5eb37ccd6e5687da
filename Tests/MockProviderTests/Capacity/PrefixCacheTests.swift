import Testing

@testable import MockProvider

/// The blocks of a server's cache: who holds them, and which are forgotten.
@Suite struct PrefixCacheTests {
    /// A cache into which prompts were computed and released, one after the other.
    private func cache(_ capacity: Int, _ prompts: [[UInt64]]) -> PrefixCache {
        var cache = PrefixCache(capacity: capacity)
        for prompt in prompts {
            let hits = cache.hits(of: prompt).blocks
            cache.hold(prompt.prefix(hits))
            cache.take(prompt.count - hits)
            for hash in prompt.dropFirst(hits) { cache.publish(hash) }
            cache.release(prompt)
        }
        return cache
    }

    @Test func findsTheBlocksAtTheBeginningOfAPrompt() {
        let cache = cache(10, [[1, 2, 3]])
        #expect(cache.hits(of: [1, 2, 3, 4]).blocks == 3)
        #expect(cache.hits(of: [1, 9, 3]).blocks == 1, "what is behind a gap is not found")
        #expect(cache.hits(of: [9, 2, 3]).blocks == 0)
    }

    @Test func forgetsTheLongestUnusedFirstAndOfAPromptItsEnd() {
        let cache = cache(5, [[1, 2, 3], [11, 12], [1, 2, 3], [21]])
        #expect(cache.hits(of: [11, 12]).blocks == 1, "the end of the elder prompt made room")
        #expect(cache.hits(of: [1, 2, 3]).blocks == 3, "its use again made it younger")
        #expect(cache.hits(of: [21]).blocks == 1)
    }

    @Test func keepsWhatIsHeld() {
        var cache = cache(4, [[1, 2]])
        cache.hold([1, 2])
        #expect(cache.room == 2)
        cache.take(2)
        #expect(cache.room == 0)
        #expect(cache.hits(of: [1, 2]).blocks == 2)
        cache.release([1, 2])
        #expect(cache.room == 2, "they can be had, but are still found")
        #expect(cache.hits(of: [1, 2]).idle == 2)
        cache.take(1)
        #expect(cache.hits(of: [1, 2]).idle == 1)
        cache.giveBack(3)
        #expect(cache.room == 4)
    }

    @Test func aBlockThatWasComputedTwiceIsHeldTwice() {
        var cache = PrefixCache(capacity: 4)
        cache.take(2)
        cache.publish(1)
        cache.publish(1)
        #expect(cache.heldBlocks == 1)
        cache.release([1])
        #expect(cache.heldBlocks == 1)
        cache.release([1])
        #expect(cache.heldBlocks == 0)
        #expect(cache.hits(of: [1]).idle == 1)
    }

    @Test func aSmallerCacheForgetsAtOnce() {
        var cache = cache(8, [[1, 2, 3, 4]])
        cache.changeCapacity(2)
        #expect(cache.hits(of: [1, 2, 3, 4]).blocks == 2)
    }

    @Test func isBoundedWhateverIsUsedAgain() {
        var cache = PrefixCache(capacity: 16)
        for round in 0..<10_000 {
            let prompt = [UInt64(round % 3), 100 + UInt64(round % 40)]
            let hits = cache.hits(of: prompt).blocks
            cache.hold(prompt.prefix(hits))
            cache.take(2 - hits)
            for hash in prompt.dropFirst(hits) { cache.publish(hash) }
            cache.release(prompt)
            #expect(cache.heldBlocks == 0)
        }
        #expect(cache.entries <= 16 + 2 * 16 + 65)
    }
}
