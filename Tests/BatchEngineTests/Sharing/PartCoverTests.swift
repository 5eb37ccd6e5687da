import Testing

@testable import BatchEngine

/// Which parts are read, and which of a worker's parts hold others.
struct PartCoverTests {
    private static let one = WorkerName(number: 1)
    private static let two = WorkerName(number: 2)

    private func part(_ numbers: ClosedRange<Int>, _ worker: WorkerName = one) -> PartName {
        PartName(shard: .whole, worker: worker, numbers: numbers, bytes: 1, checksum: "")
    }

    /// Reads all that is needed; gives the numbers in the order of reading.
    private func read(_ cover: inout PartCover, torn: Set<PartName> = []) -> [ClosedRange<Int>] {
        var numbers: [ClosedRange<Int>] = []
        while let next = cover.next {
            numbers.append(next.numbers)
            if torn.contains(next) { cover.passOver(next) } else { cover.use(next) }
        }
        return numbers
    }

    @Test func whatAnotherHoldsIsNotRead() {
        var cover = PartCover([
            part(3...3), part(1...1), part(2...2), part(1...8), part(8...8), part(9...9), part(4...7),
        ])
        #expect(read(&cover) == [1...8, 9...9])
        #expect(cover.taken(since: [:]) == [Self.one: 9])
    }

    @Test func workersAreApart() {
        var cover = PartCover([part(1...8), part(2...2, Self.two), part(1...1, Self.two)])
        #expect(read(&cover) == [1...8, 1...1, 2...2])
        #expect(cover.taken(since: [:]) == [Self.one: 8, Self.two: 2])
    }

    @Test func ofATornPartTheOnesThatItHoldsAreRead() {
        var cover = PartCover([part(1...8), part(1...1), part(2...2), part(3...4), part(9...9)])
        #expect(read(&cover, torn: [part(1...8), part(2...2)]) == [1...8, 1...1, 2...2, 3...4, 9...9])
        // What came behind the gap is read again next time.
        #expect(cover.taken(since: [:]) == [Self.one: 1])
        #expect(cover.taken(since: [Self.one: 2]) == [Self.one: 4])
    }

    @Test func whatWasTakenBeforeAndOnesOwnAreLeftOut() {
        let parts = [part(1...1), part(2...2), part(1...2), part(3...3), part(1...1, Self.two)]
        var cover = PartCover(parts, of: .whole, except: [Self.two], beyond: [Self.one: 2])
        #expect(read(&cover) == [3...3])
        #expect(cover.taken(since: [Self.one: 2]) == [Self.one: 3])
        #expect(PartCover(parts, of: .whole, except: [Self.one, Self.two], beyond: [:]).isEmpty)
    }

    /// Whatever is torn, every number that any whole part holds is read.
    @Test func nothingThatCanBeReadIsLeftOut() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<500 {
            var numbers = PartNumbers<Int>()
            var parts: [PartName] = []
            for _ in 0..<Int.random(in: 1...80, using: &random) {
                if Int.random(in: 0..<6, using: &random) == 0 {
                    numbers.didFail()
                } else {
                    parts.append(part(numbers.numbers))
                    numbers.didPublish(numbers.next)
                    // It may be lost without the other one.
                    if let wide = numbers.wide, Bool.random(using: &random) { parts.append(part(wide.numbers)) }
                }
            }
            let torn = Set(parts.filter { _ in Int.random(in: 0..<4, using: &random) == 0 })
            var cover = PartCover(parts.shuffled(using: &random))
            let read = Set(read(&cover, torn: torn).map { part($0) }).subtracting(torn)
            let reachable = Set(parts.filter { !torn.contains($0) }.flatMap { Array($0.numbers) })
            #expect(Set(read.flatMap { Array($0.numbers) }) == reachable)
        }
    }

    // MARK: Numbers

    @Test func besideEachEighthPartOneHoldsTheOnesBefore() {
        var numbers = PartNumbers<Int>()
        var wide: [ClosedRange<Int>] = []
        for number in 1...520 {
            #expect(numbers.numbers == number...number && numbers.newest ?? 0 == number - 1)
            numbers.didPublish(number)
            guard let due = numbers.wide else { continue }
            wide.append(due.numbers)
            // The state is what was published before the first of them.
            #expect(due.since ?? 0 == due.numbers.lowerBound - 1, "\(due.numbers)")
        }
        #expect(wide.map(\.upperBound) == (1...65).map { $0 * 8 })
        #expect(wide[0] == 1...8 && wide[1] == 9...16 && wide[7] == 1...64 && wide[15] == 65...128)
        #expect(wide[63] == 1...512 && wide[64] == 513...520)
        // Of many a few are read.
        let parts = { (count: Int) in
            PartCover((1...count).map { part($0...$0) } + wide.filter { $0.upperBound <= count }.map { part($0) })
        }
        var cover = parts(520)
        #expect(read(&cover) == [1...512, 513...520])
        var most = 0
        for count in 1...520 { most = max(most, parts(count).needed.count) }
        #expect(most == 21)
    }

    @Test func whatCouldNotBeWrittenIsInTheNextPart() {
        var numbers = PartNumbers<Int>()
        for number in 1...4 { numbers.didPublish(number) }
        numbers.didFail()
        numbers.didFail()
        #expect(numbers.numbers == 5...7 && numbers.newest == 4)
        numbers.didPublish(70)
        #expect(numbers.numbers == 8...8 && numbers.newest == 70 && numbers.wide == nil)
        numbers.didFail()
        #expect(numbers.numbers == 8...9 && numbers.newest == 70)
        numbers.didPublish(90)
        #expect(numbers.wide == nil, "the first eighth was not written")
        for number in 10...16 { numbers.didPublish(number) }
        // Number 8 is in the part of 9, which began behind 7.
        #expect(numbers.wide?.numbers == 9...16 && numbers.wide?.since == 70)
        // Where all of them are in one part, there is none beside it.
        for _ in 17...23 { numbers.didFail() }
        numbers.didPublish(24)
        #expect(numbers.wide == nil)
    }

    /// Whatever the names say: nothing that was added up passes the greatest number.
    @Test func theGreatestNumberIsANumber() {
        var cover = PartCover([part(1...Int.max), part(Int.max...Int.max), part(2...2)])
        #expect(read(&cover) == [1...Int.max])
        #expect(cover.taken(since: [:]) == [Self.one: Int.max])
        #expect(PartCover([part(5...5)]).taken(since: [Self.one: Int.max]) == [Self.one: Int.max])
    }

    /// Of many parts that hold nothing of each other all are read, each looked at a few times.
    @Test func manyPartsAreReadInTheirOrder() {
        let count = 20_000
        var cover = PartCover((1...count).map { part($0...$0) })
        #expect(read(&cover, torn: [part(7...7)]) == (1...count).map { $0...$0 })
    }

    /// As where a newer version wrote them: what was looked at is not looked at again, which would never end.
    @Test func ofManyPartsAllMayBePassedOver() {
        let parts = (1...20_000).map { part($0...$0) } + [part(1...20_000)]
        var cover = PartCover(parts)
        #expect(read(&cover, torn: Set(parts)).count == parts.count)
        #expect(cover.next == nil && cover.needed == [] && cover.taken(since: [:]) == [:])
    }
}
