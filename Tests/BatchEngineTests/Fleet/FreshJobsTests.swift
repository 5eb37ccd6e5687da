import Testing

@testable import BatchEngine

/// Which of the jobs at hand goes where next.
struct FreshJobsTests {
    private let warmFirst = EndpointChoice.Order.prefix(warmsFirst: true)

    @Test func inTheOrderOfTheInputJobsGoToTheLeastLoaded() {
        var fresh = FreshJobs(.input)
        fresh.add((0..<4).map { job($0, bytes: 3000) })
        let sent = send(&fresh, [load(0, 3), load(1, 2)], times: 4)
        #expect(sent == [[0, 1], [1, 1], [2, 1], [3, 1]])
        #expect(fresh.isEmpty)
        #expect(fresh.requestBytes == 0)
    }

    @Test func theFirstJobOfAGroupGoesAlone() {
        var fresh = filled([5, 3])
        // The second group's first one goes elsewhere meanwhile.
        #expect(send(&fresh, [load(0, 0), load(1, 0, last: 1)]) == [[0, 0]])
        #expect(send(&fresh, [load(0, 1, last: 2), load(1, 0, last: 1)]) == [[5, 1]])
        #expect(fresh.next([load(0, 1), load(1, 1)], at: .seconds(1)) == .wait(until: .milliseconds(1500)))
        fresh.answered(0)
        #expect(send(&fresh, [load(0, 1), load(1, 1)], times: 9) == [[1, 0], [2, 0], [3, 0], [4, 0]])
        fresh.answered(5)
        #expect(send(&fresh, [load(0, 1), load(1, 1)], times: 9) == [[6, 1], [7, 1]])
    }

    @Test func withoutWarmFirstAGroupStaysTogetherAndNobodyWaits() {
        var fresh = filled([3, 3], order: .prefix(warmsFirst: false))
        let sent = send(&fresh, [load(0, 0), load(1, 1)], times: 9)
        #expect(sent.prefix(1) == [[0, 0]])
        #expect(sent.filter { $0[0] < 3 } == [[0, 0], [1, 0], [2, 0]])
        #expect(sent.count == 6)
    }

    /// Of what Anthropic's interface is not asked to keep nothing is kept.
    @Test func whereNothingIsKeptUnaskedOnlyMarkedRequestsStandTogether() {
        let fresh = FreshJobs(warmFirst, asksForCache: true)
        let plain = job(1, bytes: 3000)
        #expect(fresh.chain(of: plain).isEmpty)
        var marked = plain
        marked.request = Array(#"{"messages":[{"cache_control":{"type":"ephemeral"},"content":""#.utf8)
        marked.request += Array(repeating: UInt8(ascii: "x"), count: 3000) + Array(#""}]}"#.utf8)
        #expect(!fresh.chain(of: marked).isEmpty)
    }

    @Test func aFailedWarmingLetsTheNextOneTry() {
        var fresh = filled([3])
        #expect(send(&fresh, [load(0, 0)]) == [[0, 0]])
        fresh.ended(0)
        #expect(send(&fresh, [load(1, 0)], times: 3) == [[1, 1]])
    }

    @Test func aWarmingThatHangsHoldsNobodyForLongerThanTheBound() {
        var fresh = filled([40])
        #expect(send(&fresh, [load(0, 0)], times: 3) == [[0, 0]])
        #expect(send(&fresh, [load(0, 1)], at: .milliseconds(9900)) == [])
        #expect(send(&fresh, [load(0, 1)], at: .seconds(10)) == [[1, 0]])
    }

    @Test func aSmallGroupWaitsForItsHomeButNotForLong() {
        var fresh = filled([5])
        #expect(send(&fresh, [load(0, 0)]) == [[0, 0]])
        fresh.answered(0)
        #expect(send(&fresh, [load(1, 0)], at: .seconds(1)) == [])
        #expect(send(&fresh, [load(0, 9), load(1, 0)], at: .seconds(1)) == [[1, 0]])
        // From then on it is the next job that waits.
        #expect(send(&fresh, [load(1, 0)], at: .seconds(2)) == [])
        #expect(send(&fresh, [load(1, 0)], at: .milliseconds(2500)) == [[2, 1]])
        // Which warms there too: the others wait for one or the other.
        #expect(send(&fresh, [load(1, 1)], at: .milliseconds(2500)) == [])
        fresh.answered(2)
        #expect(send(&fresh, [load(1, 1)], times: 9, at: .milliseconds(2600)) == [[3, 1], [4, 1]])
    }

    @Test func aBeginningThatAllShareIsWarmedEverywhereAtOnce() {
        var fresh = filled([100])
        var loads = (0..<4).map { load($0, 0) }
        var endpoints: [Int] = []
        while case .send(let group, let endpoint) = fresh.next(loads, at: .zero) {
            _ = fresh.take(group, for: endpoint, at: .zero)
            loads[endpoint].running += 1
            endpoints.append(endpoint)
        }
        #expect(endpoints == [0, 1, 2, 3])
    }

    @Test func shortJobsGoAtOnce() {
        var fresh = FreshJobs(warmFirst)
        fresh.add((0..<3).map { job($0, bytes: 200) })
        #expect(send(&fresh, [load(0, 1), load(1, 0)], times: 5) == [[0, 1], [1, 1], [2, 1]])
    }

    @Test func whatARestartedEndpointHeldIsWarmedAgain() {
        var fresh = filled([6])
        #expect(send(&fresh, [load(0, 0)]) == [[0, 0]])
        fresh.answered(0)
        #expect(send(&fresh, [load(0, 1)], times: 2) == [[1, 0], [2, 0]])
        fresh.forget(0)
        #expect(send(&fresh, [load(0, 0), load(1, 1)], times: 9) == [[3, 0]])
        fresh.answered(3)
        fresh.putBack(job(1, group: 0, bytes: 3000))
        #expect(send(&fresh, [load(0, 0), load(1, 1)], times: 9) == [[1, 0], [4, 0], [5, 0]])
    }

    @Test func jobsThatDifferInTheirLongestLevelAloneWaitForOneAnother() {
        var fresh = FreshJobs(warmFirst)
        for number in 0..<30 { fresh.add(job(number, bytes: 10), PrefixChain(levels: [1, 2, UInt64(100 + number)])) }
        #expect(send(&fresh, [load(0, 0)], times: 9) == [[0, 0]])
        fresh.answered(0)
        #expect(send(&fresh, [load(0, 1)], times: 50).count == 29)
    }

    @Test func whatIsRemovedIsNotSent() {
        var fresh = filled([4, 2])
        fresh.remove { (0...3).contains($0) }
        #expect(fresh.count == 2)
        guard case .send(let group, 0) = fresh.next([load(0, 0)], at: .zero) else {
            Issue.record("nothing is sent")
            return
        }
        #expect(fresh.withHead(of: group) { $0.id } == 4)
        #expect(fresh.drop(group)?.id == 4)
        #expect(send(&fresh, [load(0, 0)], times: 5) == [[5, 0]])
    }

    // MARK: -

    /// Groups of so many jobs, numbered through, each of 3,000 bytes.
    private func filled(_ sizes: [Int], order: EndpointChoice.Order? = nil) -> FreshJobs {
        var fresh = FreshJobs(order ?? warmFirst)
        var number = 0
        for (group, size) in sizes.enumerated() {
            fresh.add((number..<number + size).map { job($0, group: group, bytes: 3000) })
            number += size
        }
        return fresh
    }

    private func job(_ number: Int, group: Int = 0, bytes: Int) -> Job {
        let prompt = SimulatedPrompt(pieces: [(group, bytes)], ownTokens: 8, outputTokens: 1)
        return PrefixSimulation.job(number, prompt)
    }

    private func load(_ index: Int, _ running: Int, last: Int = 0) -> EndpointLoad {
        EndpointLoad(index: index, running: running, width: 16, lastStart: last)
    }

    /// Sends up to so many jobs while the loads stay as they are.
    ///
    /// - Returns: of each its number and its endpoint.
    private func send(_ fresh: inout FreshJobs, _ free: [EndpointLoad], times: Int = 1, at now: Duration = .zero)
        -> [[Int]]
    {
        var sent: [[Int]] = []
        while sent.count < times, case .send(let group, let endpoint) = fresh.next(free, at: now),
            let job = fresh.take(group, for: endpoint, at: now)
        {
            sent.append([Int(job.id), endpoint])
        }
        return sent
    }
}
