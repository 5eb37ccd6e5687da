/// Values of one kind that take time to read, each kept as a `SparingReading` keeps its own.
actor SparingReadings<Key: Hashable & Sendable, Value: Sendable> {
    private let bounds: ClosedRange<Duration>
    private let most: Int
    private let read: @Sendable (Key) async throws -> Value
    private var readings: [Key: SparingReading<Value>] = [:]

    /// - Parameters:
    ///   - bounds: how long a value is kept at least, and at most.
    ///   - most: the values that are kept.
    ///   - read: reads one.
    init(
        _ bounds: ClosedRange<Duration>, most: Int = 64, read: @escaping @Sendable (Key) async throws -> Value
    ) {
        self.bounds = bounds
        self.most = most
        self.read = read
    }

    /// The value of a key; those who ask for the same at about the same time get the same.
    func value(_ key: Key) async throws -> Value {
        if let known = readings[key] { return try await known.value() }
        // Most of them were asked for once: those who still ask have theirs read once more.
        if readings.count >= most { readings = [:] }
        let new = SparingReading<Value>(bounds) { [read] in try await read(key) }
        readings[key] = new
        return try await new.value()
    }
}
