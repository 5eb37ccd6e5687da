import LLMStreaming
import Testing

@testable import BatchEngine

@Suite struct JobShardTests {
    /// As Python computes it: `int.from_bytes(hashlib.sha256(id.encode()).digest()[:8], "big")`.
    static let known: [(String, UInt64)] = [
        ("a", 14_598_278_634_844_962_250), ("q-17", 6_310_939_123_080_246_556), ("ä", 3_739_913_210_162_221_132),
        ("0123456789abcdef", 11_502_001_110_939_499_128), ("日本", 14_927_953_974_675_056_331),
    ]

    @Test(arguments: known)
    func isTheHashOfTheIDModuloN(id: String, hash: UInt64) throws {
        for count in [1, 2, 3, 64, 1000, 100_000] {
            let index = Int(hash % UInt64(count))
            #expect(try #require(JobShard(index, of: count)).contains(id))
            guard count > 1 else { continue }
            #expect(try !#require(JobShard((index + 1) % count, of: count)).contains(id))
        }
    }

    @Test func aDerivedIDCountsWithoutTheNumberOfItsRepeat() throws {
        let shard = try #require(JobShard(99_128, of: 100_000))
        for id in ["0123456789abcdef", "0123456789abcdef-2", "0123456789abcdef-37"] {
            #expect(shard.contains(id), "\(id)")
        }
        // These have another form: they are ids like all others.
        for id in ["0123456789abcdef-1", "0123456789abcdef-02", "0123456789abcdeF-2", "0123456789abcdef-", "a-2"] {
            #expect(!shard.contains(id), "\(id)")
        }
        #expect(IDHash("0123456789abcdef-2").fingerprint != IDHash("0123456789abcdef-3").fingerprint)
    }

    @Test func readsWhatIsTypedAndNothingElse() {
        #expect(JobShard("3/64") == JobShard(3, of: 64))
        #expect(JobShard("0/1")?.text == "0/1")
        #expect(JobShard("99999/100000")?.text == "99999/100000")
        for text in [
            "", "/", "3", "3/", "/64", "64/64", "-1/64", "+1/64", "0/0", "1/0", "0/100001", "0/99999999999999999999",
            "99999999999999999999/3", " 3/64", "3/64/1", "0x3/64", "3.0/64", "٣/64",
        ] { #expect(JobShard(text) == nil, "\(text)") }
    }

    @Test func namesOfFilesSort() {
        #expect(JobShard(3, of: 64)?.fileName == "003-of-064")
        #expect(JobShard(0, of: 1)?.fileName == "000-of-001")
        #expect(JobShard(7, of: 1000)?.fileName == "0007-of-1000")
        #expect(JobShard(99_999, of: 100_000)?.fileName == "099999-of-100000")
    }
}
