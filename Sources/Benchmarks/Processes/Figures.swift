import LLMStreaming

/// The line of JSON that each client prints.
struct Figures {
    private let object: JSONObject

    /// The figures in a client's output; nil where it holds none.
    init?(_ output: String) {
        guard let line = output.split(separator: "\n").last,
            let object = (try? JSONParser.parse(Array(line.utf8)))?.object, object["client"] != nil
        else { return nil }
        self.object = object
    }

    /// One figure.
    func number(_ key: String) -> Double? { object[key]?.double }

    /// Microseconds of CPU for each event.
    var cost: Double? {
        guard let events = number("events"), events > 0 else { return nil }
        return number("cpu_us").map { $0 / events }
    }

    /// Events a second.
    var rate: Double? {
        guard let events = number("events"), let wall = number("wall_us"), wall > 0 else { return nil }
        return events / wall * 1e6
    }

    /// KiB that each stream took.
    var kilobytesPerStream: Double? {
        guard let before = number("resident_before_kb"), let after = number("resident_kb"),
            let streams = number("streams")
        else { return nil }
        return (after - before) / streams
    }

    /// The share of the window in which the source did nothing.
    var sourceIdle: Double? {
        guard let cpu = number("source_cpu_us"), let wall = number("wall_us"), wall > 0 else { return nil }
        return max(0, 1 - cpu / wall)
    }

    /// The parts of a long window: microseconds of CPU for each event of each.
    var partCosts: [Double] {
        (object["parts"]?.array ?? []).compactMap { part in
            guard let events = part["events"]?.double, events > 0, let cpu = part["cpu_us"]?.double else { return nil }
            return cpu / events
        }
    }
}
