import ArgumentParser

/// The load of `bench --self`.
struct SelfLoadOptions: ParsableArguments {
    @Option(help: ArgumentHelp("With --self: streams open at once (default: 1000).", valueName: "N"))
    var streams: Int?

    @Option(
        help: ArgumentHelp(
            "With --self: time between two packets of a stream; 0 for as fast as the client reads (default: 50ms).",
            valueName: "DURATION"))
    var pace: DurationArgument?

    @Option(help: ArgumentHelp("With --self: events in a packet (default: 1).", valueName: "N"))
    var packet: Int?

    @Option(help: ArgumentHelp("With --self: words in an event (default: 1).", valueName: "N"))
    var words: Int?

    @Option(help: ArgumentHelp("With --self: bytes of each prompt (default: 100).", valueName: "BYTES"))
    var promptBytes: Int?

    mutating func validate() throws {
        for (name, value, range) in [
            ("streams", streams, 1...100_000), ("packet", packet, 1...1000), ("words", words, 1...1000),
            ("prompt-bytes", promptBytes, 0...1_000_000),
        ] where value.map({ !range.contains($0) }) ?? false {
            throw ValidationError("--\(name) must be \(range.lowerBound) to \(range.upperBound), not \(value ?? 0)")
        }
    }

    /// Those that were given, by their names.
    var given: [String] {
        [
            ("streams", streams != nil), ("pace", pace != nil), ("packet", packet != nil), ("words", words != nil),
            ("prompt-bytes", promptBytes != nil),
        ].filter(\.1).map { "--\($0.0)" }
    }

    /// The load that they ask for.
    var load: SelfLoad {
        let pace = pace?.duration ?? .milliseconds(50)
        return SelfLoad(
            streams: streams ?? 1000, pace: pace > .zero ? pace : nil, packet: packet ?? 1, words: words ?? 1,
            promptBytes: promptBytes ?? 100)
    }
}
