import Testing

@testable import BatchEngine

/// What of a budget of the whole run is a shard's.
struct ShardJobsTests {
    @Test func itIsInProportionToTheJobs() throws {
        let shard = try #require(JobShard(1, of: 4))
        #expect(ShardJobs.part(ShardJobs(own: 30, others: 90), of: shard) == 0.25)
        #expect(ShardJobs.part(ShardJobs(own: 0, others: 90), of: shard) == 0)
        #expect(ShardJobs.part(nil, of: shard) == 0.25)
        #expect(ShardJobs.part(ShardJobs(own: 0, others: 0), of: shard) == 0.25)
        #expect(ShardJobs.part(ShardJobs(own: 3, others: 0), of: nil) == 1)
        #expect(ShardJobs.part(ShardJobs(own: 3, others: 9), of: JobShard(0, of: 1)) == 1)
    }

    @Test(arguments: ["", "5", "5/3", "-1/3", "1/2/3", "a/b", "1/99999999999999999999"])
    func whatIsStoredAndNoneIsLeftOut(text: String) { #expect(ShardJobs(text) == nil) }

    @Test func itIsReadAsItIsStored() {
        #expect(ShardJobs("30/120") == ShardJobs(own: 30, others: 90))
        #expect(ShardJobs(own: 30, others: 90).text == "30/120")
    }

    /// Lines that are left out are no jobs of their own shard, and jobs as the others see them.
    @Test func thePartsOfAllShardsComeToTheWholeAtMost() {
        for (own, bad) in [([5, 5], [1, 1]), ([10, 0], [0, 10]), ([3, 9, 1], [0, 0, 7])] {
            let lines = zip(own, bad).map { $0 + $1 }
            let parts = own.indices.map { index in
                let others = lines.reduce(0, +) - lines[index]
                return ShardJobs.part(ShardJobs(own: own[index], others: others), of: JobShard(index, of: own.count))
            }
            #expect(parts.reduce(0, +) <= 1)
        }
    }
}
