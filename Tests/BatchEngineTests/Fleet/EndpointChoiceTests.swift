import Testing

@testable import BatchEngine

/// Which endpoint one job goes to.
struct EndpointChoiceTests {
    private let chain = PrefixChain(levels: [1, 2, 3])

    @Test func theLeastLoadedByShareOfItsWidthIsTaken() {
        #expect(answer([load(0, 4, width: 8), load(1, 5, width: 16)]) == .send(1))
        #expect(answer([]) == .none)
        // Of equal ones the one that was idle for longest.
        #expect(answer([load(0, 4, last: 9), load(1, 4, last: 3), load(2, 4, last: 5)]) == .send(1))
        #expect(answer([load(2, 0), load(1, 0)]) == .send(1))
    }

    @Test func aHomeIsTakenUnlessItIsTooFarAhead() {
        let homes = held(at: 1)
        #expect(answer([load(0, 0), load(1, 24)], homes) == .send(1))
        #expect(answer([load(0, 0), load(1, 25)], homes) == .send(0))
        // By share of the width: four times as wide, it may have four times as much.
        #expect(answer([load(0, 10, width: 16), load(1, 60, width: 64)], homes) == .send(1))
        #expect(answer([load(0, 0), load(1, 3)], homes, order: .input) == .send(0))
    }

    @Test func aHomeWithoutRoomIsWaitedFor() {
        let homes = held(at: 1)
        #expect(answer([load(0, 0)], homes) == .waitForHome(EndpointSet([1])))
    }

    @Test func aJobThatWarmsIsWaitedForUnlessWarmFirstIsOff() {
        var homes = PrefixHomes()
        homes.began(chain, at: 0, job: 4, at: .zero)
        let free = [load(0, 1), load(1, 0)]
        #expect(answer(free, homes) == .waitForWarming(4, endpoint: 0, until: .seconds(10)))
        #expect(answer(free, homes, order: .prefix(warmsFirst: false)) == .send(1))
        #expect(answer(free, homes, at: .seconds(10)) == .send(1))
    }

    @Test func aShortHeaderMakesNoHome() {
        let homes = held(at: 1)
        let document = PrefixChain(levels: [1, 2, 7, 8])
        #expect(answer([load(0, 0), load(1, 3)], homes, of: document) == .send(0))
        // With a longest level of its own, a job that shares half of its text is at home.
        let longer = PrefixChain(levels: [1, 2, 3, 9])
        #expect(answer([load(0, 0), load(1, 3)], homes, of: longer) == .send(1))
        let choice = EndpointChoice(.prefix(warmsFirst: true), free: [load(0, 0), load(1, 3)])
        #expect(choice.answer(longer, homes, isAlone: false, at: .zero) == .send(0))
    }

    private func held(at endpoint: Int) -> PrefixHomes {
        var homes = PrefixHomes()
        homes.began(chain, at: endpoint, job: 1, at: .zero)
        homes.answered(1)
        return homes
    }

    private func load(_ index: Int, _ running: Int, width: Double = 64, last: Int = 0) -> EndpointLoad {
        EndpointLoad(index: index, running: running, width: width, lastStart: last)
    }

    private func answer(
        _ free: [EndpointLoad], _ homes: PrefixHomes = PrefixHomes(),
        of chain: PrefixChain? = nil,
        order: EndpointChoice.Order = .prefix(warmsFirst: true), at now: Duration = .zero
    ) -> EndpointChoice.Answer {
        EndpointChoice(order, free: free).answer(chain ?? self.chain, homes, at: now)
    }
}
