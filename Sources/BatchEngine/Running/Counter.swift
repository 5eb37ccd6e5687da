import Synchronization

/// A number that many threads add to.
final class Counter: Sendable {
    private let storage = Atomic<Int>(0)

    var value: Int { storage.load(ordering: .relaxed) }

    func add(_ amount: Int) { storage.add(amount, ordering: .relaxed) }
}
