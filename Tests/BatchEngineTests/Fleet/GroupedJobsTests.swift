import Testing

@testable import BatchEngine

/// In which order groups of jobs stand, and that none is lost.
struct GroupedJobsTests {
    @Test func groupsWithMoreInCommonStandNextToEachOther() {
        var jobs = GroupedJobs()
        let chains: [[UInt64]] = [
            [1, 2, 3], [7], [1, 2, 4], [], [1, 5], [1, 2, 3], [1, 2, 4, 6], [7, 8], [1, 2, 9],
        ]
        for (number, levels) in chains.enumerated() { jobs.add(job(number), PrefixChain(levels: levels)) }
        #expect(order(jobs) == [[1, 2, 3], [1, 2, 4], [1, 2, 4, 6], [1, 2, 9], [1, 5], [7], [7, 8], []])
        #expect(take(&jobs) == [0, 5, 2, 6, 8, 4, 1, 7, 3])
    }

    @Test func aJobThatIsPutBackIsTheFirstOfItsGroup() {
        var jobs = GroupedJobs()
        for number in 0..<3 { jobs.add(job(number), PrefixChain(levels: [1])) }
        jobs.add(job(3), PrefixChain(levels: [2]))
        jobs.putBack(job(4), PrefixChain(levels: [2]))
        jobs.putBack(job(5), PrefixChain(levels: [9]))
        #expect(take(&jobs) == [5, 0, 1, 2, 4, 3])
    }

    @Test func aGroupThatWasSetAsideKeepsItsJobsAndComesBackFirst() throws {
        var jobs = GroupedJobs()
        for number in 0..<4 { jobs.add(job(number), PrefixChain(levels: [1, UInt64(number)])) }
        let second = try #require(jobs.first.flatMap { jobs.group(after: $0) })
        jobs.setAside(second)
        #expect(order(jobs) == [[1, 0], [1, 2], [1, 3]])
        #expect(jobs.count == 4)
        jobs.add(job(9), PrefixChain(levels: [1, 1]))
        jobs.bringBack(second)
        #expect(take(&jobs) == [1, 9, 0, 2, 3])
        #expect(!jobs.has(second))
    }

    @Test func jobsAreRemovedByTheirNumbers() {
        var jobs = GroupedJobs()
        for number in 0..<10 { jobs.add(job(number), PrefixChain(levels: [UInt64(number % 3)])) }
        #expect(jobs.requestBytes == 45)
        _ = jobs.remove { [0, 1, 3, 6, 9].contains($0) }
        #expect(jobs.count == 5)
        #expect(jobs.requestBytes == 2 + 4 + 5 + 7 + 8)
        #expect(order(jobs) == [[1], [2]])
        #expect(take(&jobs) == [4, 7, 2, 5, 8])
        #expect(jobs.requestBytes == 0)
    }

    /// However they are added, taken and set aside: every job comes out once, those of a group in their order.
    @Test func noJobIsLostOrComesTwice() {
        var random = SeededRandom(seed: SeededRandom.seed(11))
        for _ in 0..<30 {
            var jobs = GroupedJobs()
            var (added, taken): (Int, [Int64]) = (0, [])
            var aside: [GroupedJobs.Group] = []
            var last: [PrefixChain: Int64] = [:]
            while added < 200 || jobs.count > 0 {
                switch Int.random(in: 0..<8, using: &random) {
                case 0..<4 where added < 200:
                    let levels = (0..<Int.random(in: 0..<4, using: &random)).map { UInt64($0) << 8 | random.next() % 3 }
                    jobs.add(job(added), PrefixChain(levels: levels))
                    added += 1
                case 4:
                    guard let group = jobs.first.flatMap({ jobs.group(after: $0) }) else { continue }
                    jobs.setAside(group)
                    aside.append(group)
                case 5:
                    if let group = aside.popLast(), jobs.has(group) { jobs.bringBack(group) }
                default:
                    guard let group = jobs.first, case let chain = jobs.chain(of: group),
                        let job = jobs.takeFirst(of: group)
                    else { continue }
                    #expect(job.id > last[chain] ?? -1)
                    last[chain] = job.id
                    taken.append(job.id)
                }
            }
            #expect(taken.sorted() == (0..<200).map { Int64($0) })
            #expect(jobs.first == nil)
        }
    }

    private func job(_ number: Int) -> Job {
        Job(
            id: Int64(number), customID: "", source: "", line: nil, provider: "p", model: "m", requestSHA256: "",
            request: Array(repeating: 0, count: number))
    }

    private func order(_ jobs: GroupedJobs) -> [[UInt64]] {
        sequence(first: jobs.first, next: { group in group.map { jobs.group(after: $0) } })
            .compactMap { group in group.map { jobs.chain(of: $0).levels } }
    }

    private func take(_ jobs: inout GroupedJobs) -> [Int64] {
        var ids: [Int64] = []
        while let group = jobs.first, let job = jobs.takeFirst(of: group) { ids.append(job.id) }
        return ids
    }
}
