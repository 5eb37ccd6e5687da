import ArgumentParser
import CBenchmarkCounters

/// `micro`: the cost of each part of the hot path alone.
struct MicroCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "micro",
        abstract:
            "Measures the parts of an event's way alone: MB/s, time, allocations and instructions for each event.",
        discussion: """
            Allocations are counted by replacing the C library's functions in this process, which is checked first. \
            Instructions need a system that lets its users count them. Parts:

            \(MicroPart.allCases.map { "  \($0.rawValue)\n      \($0.title)" }.joined(separator: "\n"))
            """)

    @Option(help: "Part to measure; can be given several times (default: all).")
    var part: [MicroPart] = []

    @Option(help: "Rounds of each part; the median is reported.")
    var rounds = 5

    @Flag(help: "Few events, one round: shows that all of it works.")
    var smoke = false

    mutating func validate() throws {
        try checkOption("rounds", rounds, in: 1...100)
    }

    func run() throws {
        guard Meter.countsAllocations() else { throw ValidationError("allocations are not counted here") }
        let hasInstructions = cbenchmarkcounters_count_instructions()
        if !hasInstructions { Report.note("instructions cannot be counted here (perf_event_open)") }
        Report.result(Self.row("", ["MB/s", "ns/event", "allocations", "instructions"]))
        for part in part.isEmpty ? MicroPart.allCases : part {
            let events = smoke ? 200 : part.events
            let rounds = try (0..<(smoke ? 1 : rounds)).map { _ in try part.measure(events: events) }
            func median(_ value: (Meter.Reading) -> Double?) -> Double? { rounds.compactMap(value).median }
            Report.result(
                Self.row(
                    part.title,
                    [
                        median(\.megabytesPerSecond)?.text(digits: 0) ?? "-",
                        median(\.nanosecondsPerEvent)?.text(digits: 0) ?? "-",
                        median(\.allocationsPerEvent)?.text(digits: 2) ?? "-",
                        median(\.instructionsPerEvent)?.text(digits: 0) ?? "-",
                    ]))
        }
    }

    private static func row(_ title: String, _ cells: [String]) -> String {
        title + String(repeating: " ", count: max(1, 54 - title.count))
            + cells.map { String(repeating: " ", count: max(1, 14 - $0.count)) + $0 }.joined()
    }
}
