import LLMStreaming

/// A value that takes time to read, kept for so long that reading it takes a small part of the time, whoever asks how
/// often.
actor SparingReading<Value: Sendable> {
    /// How many times as long as it took to read it is kept, within the bounds.
    private static var pause: Double { 20 }

    private let bounds: ClosedRange<Duration>
    private let given: Duration
    private let patience: Duration
    private let read: @Sendable () async throws -> Value
    private var newest: (value: Value, from: ContinuousClock.Instant, until: ContinuousClock.Instant, took: Duration)?
    private var reading: Task<Value, any Error>?

    /// - Parameters:
    ///   - bounds: how long it is kept at least, and at most.
    ///   - given: how old a value may be that is given while the next one is read; one that is older is waited for.
    ///   - patience: a reading that takes no longer is waited for, as the one before it was.
    ///   - read: reads it.
    init(
        _ bounds: ClosedRange<Duration>, given: Duration = .zero, patience: Duration = .seconds(1),
        read: @escaping @Sendable () async throws -> Value
    ) {
        self.bounds = bounds
        self.given = given
        self.patience = patience
        self.read = read
    }

    /// The value; those who ask while it is read get the same one, or the one before.
    ///
    /// - Throws: why it cannot be read; the next one to ask has it tried again.
    func value() async throws -> Value {
        let now = ContinuousClock.now
        if let newest, now < newest.until { return newest.value }
        let task = reading ?? begin()
        if let newest, newest.took > patience, now - newest.from < given { return newest.value }
        return try await task.value
    }

    private func begin() -> Task<Value, any Error> {
        let task = Task {
            defer { reading = nil }
            let start = ContinuousClock.now
            do {
                let value = try await read()
                let end = ContinuousClock.now
                newest = (value, start, end + ((end - start) * Self.pause).clamped(to: bounds), end - start)
                return value
            } catch {
                // It is told to the next one to ask, not hidden behind what was once so.
                newest = nil
                throw error
            }
        }
        reading = task
        return task
    }
}
