import Testing

@testable import BatchEngine

/// A server, the fixed width with which it gives most, and what must be found on it.
struct FleetCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// The best of some fixed widths: by a sweep.
    var best: Int
    /// Where nine of ten widths lie once it is settled.
    var widths: ClosedRange<Int>
    /// The part of what it gives with the best width that it must give at least.
    var least = 0.95
    /// Seconds after which it counts, and for how many.
    var settled = 60
    var seconds = 120
    var plan: ServerPlan

    init(
        _ name: String, best: Int, widths: ClosedRange<Int>, least: Double = 0.95,
        settled: Int = 60, seconds: Int = 120, change: (inout ServerPlan) -> Void
    ) {
        plan = ServerPlan()
        change(&plan)
        (testDescription, self.best, self.widths, self.least) = (name, best, widths, least)
        (self.settled, self.seconds) = (settled, seconds)
    }

    /// Slots and a queue.
    static let slots = [
        FleetCase("72 slots", best: 76, widths: 65...90) { $0.slots = 72 },
        FleetCase("72 slots, metrics", best: 76, widths: 72...80) {
            $0.slots = 72
            $0.servesMetrics = true
        },
        FleetCase("72 slots, text in lumps of 3 s", best: 76, widths: 60...130, settled: 90) {
            $0.slots = 72
            $0.lump = 150
        },
        FleetCase("72 slots, answers of 60 s", best: 76, widths: 65...90) {
            $0.slots = 72
            $0.answers = 2000...4000
        },
        FleetCase("72 slots, a tenth of prompts 20 times as long", best: 76, widths: 65...90) {
            $0.slots = 72
            $0.longPrompts = 10
            $0.prefillRate = 20_000
        },
        FleetCase("4 slots", best: 5, widths: 4...6) { $0.slots = 4 },
        FleetCase("4 slots, metrics", best: 5, widths: 4...6) {
            $0.slots = 4
            $0.servesMetrics = true
        },
        FleetCase("4 slots, text in lumps of 3 s", best: 5, widths: 4...8) {
            $0.slots = 4
            $0.lump = 150
        },
        FleetCase("4 slots, answers of 0.2 s", best: 6, widths: 3...6) {
            $0.slots = 4
            $0.answers = 5...15
            $0.prompts = 50...100
        },
        FleetCase("4 slots, answers of 60 s", best: 5, widths: 4...6, seconds: 240) {
            $0.slots = 4
            $0.answers = 2000...4000
        },
        FleetCase("1 slot", best: 2, widths: 1...4, least: 0.9, seconds: 240) { $0.slots = 1 },
    ]

    /// No queue, or another bound than slots.
    static let others = [
        FleetCase("2,000 tokens a second for all", best: 44, widths: 34...56) { $0.totalRate = 2000 },
        FleetCase("2,000 tokens a second for all, in lumps of 3 s", best: 44, widths: 30...88, settled: 90) {
            $0.totalRate = 2000
            $0.lump = 150
        },
        FleetCase("4,000 tokens a second for all, and a cache of 80,000", best: 65, widths: 45...130, seconds: 180) {
            $0.totalRate = 4000
            $0.cacheTokens = 80_000
            $0.prefillRate = 20_000
        },
        FleetCase("slower by 1 % for each stream, a cache of 200,000", best: 130, widths: 80...230, settled: 90) {
            $0.slowdown = 0.01
            $0.cacheTokens = 200_000
            $0.prefillRate = 100_000
        },
        FleetCase("prompts of 4,000 tokens, 10,000 a second", best: 32, widths: 12...50, least: 0.85, seconds: 240) {
            $0.prefillRate = 10_000
            $0.prompts = 2000...6000
            $0.answers = 100...300
            $0.streamRate = 30
        },
        FleetCase("72 slots, 0.7 to 1.3 times as fast by the time", best: 76, widths: 65...92, seconds: 300) {
            $0.slots = 72
            $0.speed = swing(period: 600, of: 0.3)
        },
        FleetCase("2,000 tokens a second for all, 0.9 to 1.1 times as fast", best: 48, widths: 30...75, seconds: 300) {
            $0.totalRate = 2000
            $0.speed = swing(period: 600, of: 0.1)
        },
        FleetCase("72 slots, thoughts of 20 s", best: 76, widths: 28...220, least: 0.75, settled: 90, seconds: 300) {
            $0.slots = 72
            $0.thoughts = 750...1250
        },
        FleetCase("72 slots, 10 to 30 streams of others", best: 72, widths: 40...130) {
            $0.slots = 72
            $0.others = { 20 + Int(10 * swing(period: 90, of: 1)($0) - 10) }
        },
    ]

    /// A sine by fourths of a period: up, down, down, up.
    private static func swing(period: Double, of part: Double) -> @Sendable (Double) -> Double {
        { seconds in
            let phase = (seconds / period).truncatingRemainder(dividingBy: 1) * 4
            let height = phase < 1 ? phase : phase < 3 ? 2 - phase : phase - 4
            return 1 + part * height
        }
    }
}
