import ArgumentParser

/// The load of `bench --self`.
struct SelfLoadOptions: ParsableArguments {
    @Option(help: "With --self: streams open at once.")
    var streams = 1000

    @Option(help: "With --self: time between two packets of a stream; 0 for as fast as the client reads.")
    var pace = DurationArgument(milliseconds: 50)

    @Option(help: "With --self: events in a packet.")
    var packet = 1

    @Option(help: "With --self: words in an event.")
    var words = 1

    @Option(help: "With --self: bytes of each prompt.")
    var promptBytes = 100

    mutating func validate() throws {
        for (name, value, range) in [
            ("streams", streams, 1...100_000), ("packet", packet, 1...1000), ("words", words, 1...1000),
            ("prompt-bytes", promptBytes, 0...1_000_000),
        ] where !range.contains(value) {
            throw ValidationError("--\(name) must be \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
    }

    /// The load that they ask for.
    var load: SelfLoad {
        SelfLoad(
            streams: streams, pace: pace.duration > .zero ? pace.duration : nil, packet: packet, words: words,
            promptBytes: promptBytes)
    }
}
