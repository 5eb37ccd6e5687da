import LLMStreaming

/// The line of JSON that each client prints.
struct Figures {
    /// All of them.
    let object: JSONObject

    /// The figures in a client's output; nil where there are none.
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

    /// The client's share of a core.
    var coreShare: Double? { share("cpu_us") }

    /// The share of the window in which the source did nothing.
    var sourceIdle: Double? { share("source_cpu_us").map { max(0, 1 - $0) } }

    private func share(_ key: String) -> Double? {
        guard let cpu = number(key), let wall = number("wall_us"), wall > 0 else { return nil }
        return cpu / wall
    }

    /// Microseconds of CPU for each event, in each part of a long window.
    var partCosts: [Double] {
        (object["parts"]?.array ?? []).compactMap { part in
            guard let events = part["events"]?.double, events > 0, let cpu = part["cpu_us"]?.double else { return nil }
            return cpu / events
        }
    }
}
