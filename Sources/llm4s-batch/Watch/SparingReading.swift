import LLMStreaming

/// A value that takes time to read, kept for so long that reading it takes a small part of the time, whoever asks how
/// often.
actor SparingReading<Value: Sendable> {
    /// How many times as long as it took to read it is kept, within the bounds.
    private static var pause: Double { 20 }

    private let bounds: ClosedRange<Duration>
    private let read: @Sendable () async throws -> Value
    private var newest: (value: Value, until: ContinuousClock.Instant)?
    private var reading: Task<Value, any Error>?

    /// - Parameters:
    ///   - bounds: how long it is kept at least, and at most.
    ///   - read: reads it.
    init(_ bounds: ClosedRange<Duration>, read: @escaping @Sendable () async throws -> Value) {
        self.bounds = bounds
        self.read = read
    }

    /// The value; those who ask while it is read get the same one.
    ///
    /// - Throws: why it cannot be read; the next one to ask has it tried again.
    func value() async throws -> Value {
        if let newest, .now < newest.until { return newest.value }
        if let reading { return try await reading.value }
        let task = Task {
            let start = ContinuousClock.now
            let value = try await read()
            newest = (value, .now + ((ContinuousClock.now - start) * Self.pause).clamped(to: bounds))
            return value
        }
        reading = task
        defer { reading = nil }
        return try await task.value
    }
}
