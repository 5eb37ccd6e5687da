import Synchronization

/// Whether a connection is to end what it reads; set from any thread.
final class ReadingStop: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set() { value.store(true, ordering: .relaxed) }
}
