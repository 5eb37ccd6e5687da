import LLMStreaming
import LoadTesting

/// The figures of a measured client, and their line of JSON, which all clients of the comparison print.
struct ClientFigures: Sendable {
    /// Chunks and their cost in some time.
    struct Span: Sendable {
        var chunks: Int
        var wall: Duration
        var cpu: Duration
        /// The source's CPU time meanwhile.
        var sourceCPU: Duration?
    }

    var client: String
    var streams: Int
    /// Requests whose response has begun, from the start.
    var requests = 0
    /// Connections that are open at the end; nil of other clients.
    var connections: Int?
    var span = Span(chunks: 0, wall: .zero, cpu: .zero)
    /// The parts of a long window.
    var parts: [Span] = []
    var residentBeforeKilobytes = 0
    var residentKilobytes = 0
    var peakResidentKilobytes = 0
    var commits = CommitLog.Commits()
    /// Nil where events are not stamped.
    var ages: MeasuringStore.Ages?

    init(client: String, streams: Int) {
        self.client = client
        self.streams = streams
    }

    var json: JSON {
        var object = JSONObject()
        object["client"] = .string(client)
        object["streams"] = .int(streams)
        object["events"] = .int(span.chunks)
        object["requests"] = .int(requests)
        object["connections"] = connections.map { .int($0) }
        object["wall_us"] = Self.microseconds(span.wall)
        object["cpu_us"] = Self.microseconds(span.cpu)
        object["source_cpu_us"] = span.sourceCPU.map(Self.microseconds)
        object["resident_before_kb"] = .int(residentBeforeKilobytes)
        object["resident_kb"] = .int(residentKilobytes)
        object["peak_resident_kb"] = .int(peakResidentKilobytes)
        if commits.durations.count > 0 {
            object["commits"] = .int(commits.durations.count)
            object["commit_chunks"] = .int(commits.chunks)
            object["commit_p50_us"] = Self.microseconds(commits.durations.percentile(50))
            object["commit_p99_us"] = Self.microseconds(commits.durations.percentile(99))
            object["commit_max_us"] = Self.microseconds(commits.durations.maximum)
            object["wal_bytes"] = .int(commits.maximumLogBytes)
        }
        if let ages {
            object["counted_events"] = .int(ages.chunksOfAttempt.values.reduce(0, +))
            object["latency_p50_us"] = Self.microseconds(ages.decoded.percentile(50))
            object["latency_p99_us"] = Self.microseconds(ages.decoded.percentile(99))
            if ages.stored.count > 0 {
                object["stored_p50_us"] = Self.microseconds(ages.stored.percentile(50))
                object["stored_p99_us"] = Self.microseconds(ages.stored.percentile(99))
            }
            // A stream without a chunk in the window has no count at all.
            let least = ages.chunksOfAttempt.count < streams ? 0 : ages.chunksOfAttempt.values.min() ?? 0
            object["least_events_of_a_stream"] = .int(least)
        }
        if !parts.isEmpty {
            object["parts"] = .array(
                parts.map {
                    [
                        "events": .int($0.chunks), "wall_us": Self.microseconds($0.wall),
                        "cpu_us": Self.microseconds($0.cpu),
                    ]
                })
        }
        return .object(object)
    }

    private static func microseconds(_ duration: Duration) -> JSON { .int(Int(duration.seconds * 1e6)) }
    private static func microseconds(_ seconds: Double?) -> JSON { seconds.map { .int(Int($0 * 1e6)) } ?? .null }
}
