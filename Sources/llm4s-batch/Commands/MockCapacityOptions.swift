import ArgumentParser
import MockProvider

/// What the mock can do at once, as a self-hosted server: none of them leaves it without a limit.
struct MockCapacityOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Requests that are worked on at once; others wait (default: no limit; 256 with another of these options).",
            valueName: "N"))
    var slots: Int?

    @Option(
        help: ArgumentHelp(
            "Requests that may wait for a slot; one more gets 503 (default: any number).", valueName: "N"))
    var queue: Int?

    @Option(
        help: ArgumentHelp(
            "Blocks of 16 tokens for running requests and kept prefixes (default: 65536).", valueName: "N"))
    var cacheBlocks: Int?

    @Option(
        help: ArgumentHelp(
            "Prompt tokens a second, shared by the requests that are at their prompt (default: no limit).",
            valueName: "N"))
    var prefillRate: Int?

    @Option(
        help: ArgumentHelp("Tokens a second of one stream at most (default: no limit).", valueName: "N"))
    var decodeRate: Int?

    @Option(
        help: ArgumentHelp(
            "Tokens a second of all streams together at most; without this and --decode-rate an answer has its own pace, "
                + "and its slot until it is sent (default: no limit).", valueName: "N"))
    var totalRate: Int?

    mutating func validate() throws {
        try FlagBounds.check("slots", slots, CapacityLimits.slotCounts)
        try FlagBounds.check("queue", queue, 0...FlagBounds.streams.upperBound)
        try FlagBounds.check("cache-blocks", cacheBlocks, CapacityLimits.blockCounts)
        try FlagBounds.check("prefill-rate", prefillRate, CapacityLimits.rates)
        try FlagBounds.check("decode-rate", decodeRate, CapacityLimits.rates)
        try FlagBounds.check("total-rate", totalRate, CapacityLimits.rates)
    }

    /// The limits; nil where no option is given.
    var limits: CapacityLimits? {
        guard [slots, queue, cacheBlocks, prefillRate, decodeRate, totalRate].contains(where: { $0 != nil }) else {
            return nil
        }
        var limits = CapacityLimits()
        if let slots { limits.slots = slots }
        if let cacheBlocks { limits.cacheBlocks = cacheBlocks }
        limits.queue = queue
        limits.prefillRate = prefillRate
        limits.decodeRate = decodeRate
        limits.totalRate = totalRate
        return limits
    }
}
