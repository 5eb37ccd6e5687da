import LLMStreaming
import SharedMaterial
import Testing

@testable import LLM4S

/// Whatever happens in whatever order: what the pool gives is there, and what is there is given.
@Suite struct PoolModelTests {
    /// What is known from outside: who waits, who makes a connection, and what connections carry.
    private struct Model {
        struct Shared {
            let origin: Int
            var streams: Int
            var inUse = 1
        }

        var pool: PoolState<UInt64, UInt64>
        var random: SplitMix64
        var waiting: [UInt64: Int] = [:]
        var settingUp: [(origin: Int, isSlow: Bool)] = []
        var open: [UInt64: Shared] = [:]
        var lastID: UInt64 = 0
        var faults: [String] = []

        static let origins = (0..<3).map { Origin(isSecure: true, host: "h\($0)", port: 443) }

        init(seed: Int) {
            random = SplitMix64(state: UInt64(seed))
            let maximum = 1 + seed % 12
            pool = PoolState(maximumSetUps: maximum) { $0.host != "h0" }
        }

        mutating func number(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

        mutating func expect(_ condition: Bool, _ words: String) { if !condition { faults.append(words) } }

        mutating func give(_ waiter: UInt64, _ connection: UInt64?) {
            let origin = waiting.removeValue(forKey: waiter)
            expect(origin != nil, "\(waiter) is given twice, or waited not")
            if let connection { use(connection, by: origin) } else { settingUp.append((origin ?? 0, false)) }
        }

        mutating func use(_ connection: UInt64, by origin: Int?) {
            expect(open[connection]?.origin == origin, "a connection of another origin, or none")
            open[connection]?.inUse += 1
            expect(open[connection].map { $0.inUse <= $0.streams } == true, "more than \(connection) carries")
        }

        mutating func request() {
            let origin = number(3)
            lastID += 1
            switch pool.request(Self.origins[origin]) {
            case .reuse(let connection): use(connection, by: origin)
            case .setUp: settingUp.append((origin, false))
            case nil:
                pool.enqueue(lastID, id: lastID, for: Self.origins[origin])
                waiting[lastID] = origin
            case .refused, .cancelled: expect(false, "refused")
            }
        }

        mutating func endSetUp(succeeds: Bool) {
            guard !settingUp.isEmpty else { return }
            let (origin, isSlow) = settingUp.remove(at: number(settingUp.count))
            let place = Self.origins[origin]
            lastID += 1
            if succeeds {
                let streams = origin == 0 || number(4) == 0 ? nil : [1, 2, 5, 100][number(4)]
                let id = lastID
                expect(pool.opened(id, id: id, of: place, streams: streams), "not wanted")
                open[id] = Shared(origin: origin, streams: streams ?? 1)
                for waiter in pool.fill(id, of: place) { give(waiter, id) }
            } else {
                pool.setUpFailed(of: place)
            }
            for waiter in pool.setUpEnded(of: place, wasSlow: isSlow) { give(waiter, nil) }
        }

        mutating func becomeSlow() {
            guard let index = settingUp.firstIndex(where: { !$0.isSlow }) else { return }
            settingUp[index].isSlow = true
            for waiter in pool.setUpIsSlow(of: Self.origins[settingUp[index].origin]) { give(waiter, nil) }
        }

        mutating func any(_ condition: (Shared) -> Bool = { _ in true }) -> (UInt64, Shared)? {
            let all = open.filter { condition($0.value) }.sorted { $0.key < $1.key }
            return all.isEmpty ? nil : all[number(all.count)]
        }

        mutating func free() {
            guard let (id, shared) = any({ $0.inUse > 0 }) else { return }
            open[id]?.inUse -= 1
            switch pool.free(id, id: id, of: Self.origins[shared.origin]) {
            case .give(let waiter): give(waiter, id)
            case .keep: break
            case .close: expect(false, "nothing starves")
            }
        }

        mutating func resize() {
            guard let (id, shared) = any() else { return }
            let streams = number(12)
            open[id]?.streams = streams
            for waiter in pool.resize(id, of: Self.origins[shared.origin], streams: streams) { give(waiter, id) }
        }

        mutating func end() {
            guard let (id, shared) = any() else { return }
            let place = Self.origins[shared.origin]
            if number(2) == 0 { expect(pool.retire(id, of: place) == (shared.inUse == 0), "retired in use, or not") }
            pool.closed(id, of: place)
            open[id] = nil
        }

        mutating func withdraw() {
            guard let id = waiting.keys.min() else { return }
            expect(pool.withdraw(id) == id, "who waits is not there")
            waiting[id] = nil
        }

        mutating func step() {
            switch number(20) {
            case 0..<8: request()
            case 8..<11: endSetUp(succeeds: true)
            case 11: endSetUp(succeeds: false)
            case 12..<16: free()
            case 16: resize()
            case 17: end()
            case 18: withdraw()
            default: becomeSlow()
            }
            expect(pool.waitingCount == waiting.count, "somebody is lost")
            for (id, origin) in waiting {
                let hasRoom = open.contains { $0.value.origin == origin && $0.value.inUse < $0.value.streams }
                expect(!hasRoom, "\(id) waits, and there is room")
                expect(settingUp.contains { $0.origin == origin }, "\(id) waits for nothing")
            }
        }
    }

    @Test(arguments: 1...60)
    func givesWhatThereIsAndNoMore(seed: Int) {
        var model = Model(seed: seed)
        for step in 1...1_500 where model.faults.isEmpty {
            model.step()
            #expect(model.faults.isEmpty, "step \(step), seed \(seed)")
        }
        // All that wait get something in the end.
        for _ in 0..<10_000 where !model.waiting.isEmpty || !model.settingUp.isEmpty {
            model.endSetUp(succeeds: true)
            model.free()
        }
        #expect(model.waiting.isEmpty && model.faults.isEmpty, "\(model.faults), seed \(seed)")
    }
}
