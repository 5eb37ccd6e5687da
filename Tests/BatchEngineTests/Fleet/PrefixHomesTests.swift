import Testing

@testable import BatchEngine

/// Who holds which beginnings, and who warms them.
struct PrefixHomesTests {
    private let document = PrefixChain(levels: [1, 2, 30, 31])
    private let other = PrefixChain(levels: [1, 2, 40, 41])

    @Test func whatAJobWarmsIsHeldFromItsFirstTokenOn() {
        var homes = PrefixHomes()
        homes.began(document, at: 3, job: 7, at: .zero)
        #expect(homes.depth(of: document, at: 3) == 0)
        #expect(homes.isWarming(document, at: 3, at: .zero) == .seconds(10))
        #expect(homes.isWarming(document, at: 3, for: 7, at: .zero) == nil)
        #expect(homes.isWarming(document, at: 2, at: .zero) == nil)
        homes.answered(7)
        #expect(homes.depth(of: document, at: 3) == 4)
        #expect(homes.isWarming(document, at: 3, at: .zero) == nil)
        #expect(homes.depth(of: other, at: 3) == 2)
        homes.ended(7)
        #expect(homes.home(of: document) == (4, EndpointSet([3])))
        #expect(homes.home(of: other) == (2, EndpointSet([3])))
    }

    @Test func aJobWithoutATokenWarmsNothing() {
        var homes = PrefixHomes()
        homes.began(document, at: 0, job: 7, at: .zero)
        homes.ended(7)
        homes.answered(7)
        #expect(homes.home(of: document) == (0, EndpointSet()))
        #expect(homes.isWarming(document, at: 0, at: .zero) == nil)
    }

    @Test func aSecondJobWarmsWhatTheFirstDoesNot() {
        var homes = PrefixHomes()
        let warms = [
            homes.began(document, at: 0, job: 7, at: .zero), homes.began(document, at: 0, job: 8, at: .zero),
            homes.began(other, at: 0, job: 9, at: .zero),
        ]
        #expect(warms == [true, false, true])
        homes.answered(9)
        // Its own half is there; the common one is not known to be.
        #expect(homes.depth(of: other, at: 0) == 0)
        homes.answered(7)
        #expect(homes.depth(of: other, at: 0) == 4)
    }

    @Test func aWarmingThatTakesTooLongHoldsNobody() {
        var homes = PrefixHomes()
        homes.began(document, at: 0, job: 7, at: .seconds(5))
        #expect(homes.warming(of: document, beyond: 0, at: .seconds(14))?.until == .seconds(15))
        #expect(homes.isWarming(document, at: 0, at: .seconds(15)) == nil)
        #expect(homes.warming(of: document, beyond: 0, at: .seconds(15)) == nil)
        // The next job warms it anew, and others wait for that one.
        let warms = homes.began(document, at: 0, job: 8, at: .seconds(16))
        #expect(warms)
        #expect(homes.warming(of: document, beyond: 0, at: .seconds(20))?.job == 8)
        // What comes late is held all the same.
        homes.answered(7)
        #expect(homes.depth(of: document, at: 0) == 4)
        #expect(homes.warming(of: document, beyond: 0, at: .seconds(20))?.job == 8)
    }

    @Test func theJobThatWarmsTheMostIsWaitedFor() {
        var homes = PrefixHomes()
        homes.began(other, at: 0, job: 1, at: .zero)
        homes.began(document, at: 1, job: 2, at: .zero)
        let warming = homes.warming(of: document, beyond: 0, at: .zero)
        #expect(warming?.job == 2)
        #expect(warming?.endpoint == 1)
        #expect(homes.warming(of: PrefixChain(levels: [1, 2, 50]), beyond: 2, at: .zero) == nil)
    }

    @Test func aRestartedEndpointHoldsNothing() {
        var homes = PrefixHomes()
        for endpoint in [0, 70] {
            homes.began(document, at: endpoint, job: Int64(endpoint), at: .zero)
            homes.answered(Int64(endpoint))
        }
        #expect(homes.home(of: document).endpoints == EndpointSet([0, 70]))
        homes.began(PrefixChain(levels: [9]), at: 0, job: 3, at: .zero)
        homes.forget(0)
        #expect(homes.home(of: document) == (4, EndpointSet([70])))
        #expect(homes.isWarming(PrefixChain(levels: [9]), at: 0, at: .zero) == nil)
        homes.answered(3)
        #expect(homes.depth(of: PrefixChain(levels: [9]), at: 0) == 0)
    }

    @Test func whatIsKnownIsBoundedAndTheNewestIsKept() {
        var held = HeldPrefixes(limit: 100)
        for level in 0..<10_000 as Range<UInt64> {
            held.insert(level, at: Int(level % 64))
            // In use all the time.
            held.touch(0, at: 0)
            #expect(held.count <= 200)
        }
        #expect(held.isHeld(0, at: 0))
        #expect(!held.isHeld(1, at: 1))
        for level in 9900..<10_000 as Range<UInt64> { #expect(held.isHeld(level, at: Int(level % 64))) }
    }

    @Test func endpointsAreCountedBeyondTheFirstWord() {
        var set = EndpointSet([0, 63, 64, 200])
        var all: [Int] = []
        set.forEach { all.append($0) }
        #expect(all == [0, 63, 64, 200])
        #expect(!set.contains(199))
        set.remove(200)
        set.remove(500)
        #expect(set == EndpointSet([64, 63, 0]))
        for endpoint in [0, 63, 64] { set.remove(endpoint) }
        #expect(set.isEmpty)
    }
}
