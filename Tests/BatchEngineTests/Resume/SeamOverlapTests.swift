import Testing

@testable import BatchEngine

/// What a continuation repeats, also of texts that are all alike: each is gone through once.
struct SeamOverlapTests {
    @Test func whatMayGrowIsAllThatStandsInThePrefix() {
        for (own, isWithin) in [
            ("", true), ("b", true), ("abab", true), ("ababc", true), ("abac", false), ("c d", true), ("c dd", false),
            ("ababababababc d", false),
        ] {
            #expect(
                SeamOverlap.mayGrow(own.unicodeScalars, after: "abababc d".unicodeScalars[...]) == isWithin, "\(own)")
        }
        #expect(!SeamOverlap.mayGrow("a".unicodeScalars, after: "".unicodeScalars[...]))
    }

    /// Pairs of places in texts of this length would take an hour.
    @Test(.timeLimit(.minutes(15))) func longTextsThatAreAllAlikeAreGoneThroughOnce() {
        let text = String(repeating: "a", count: 400_000)
        let half = String(repeating: "a", count: 200_000)
        #expect(!SeamOverlap.mayGrow((half + "b").unicodeScalars, after: text.unicodeScalars[...]))
        #expect(SeamOverlap.mayGrow(half.unicodeScalars, after: text.unicodeScalars[...]))
        #expect(SeamOverlap.count((half + "b").unicodeScalars, after: text.unicodeScalars[...]) == 0)
        let words = String(repeating: "a ", count: 100_000)
        #expect(SeamOverlap.count((words + "b").unicodeScalars, after: (words + words).unicodeScalars[...]) == 200_000)
    }
}
