import Foundation
import MockProvider
import Testing

/// Each clock against each phase in which a provider may fall silent.
@Suite(.serialized)
struct EndToEndClockTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    /// Which clock ends which phase, by what it is set to in milliseconds, and from when on.
    private static let phases = [
        (behavior: "silent=headers", kind: "timeout_first_token", milliseconds: 600),
        (behavior: "silent=first", kind: "timeout_first_token", milliseconds: 600),
        // Comments are bytes, but no content.
        (behavior: "silent=first+comments+heartbeat=50ms", kind: "timeout_first_token", milliseconds: 600),
        (behavior: "silent=middle+count-6", kind: "timeout_idle", milliseconds: 800),
        (behavior: "silent=middle+count-6+comments+heartbeat=50ms", kind: "timeout_stall", milliseconds: 1000),
    ]

    @Test func eachSilentPhaseIsEndedByItsClock() async throws {
        let clocks = ["--first-token-timeout", "600ms", "--stall-timeout", "1s"]
        // On a machine that stands still a while the bytes may come late: the idle clock would ring first.
        for (kind, idle) in [("timeout_stall", "60s"), ("", "800ms")] {
            let phases = Self.phases.filter { ($0.kind == "timeout_stall") == (kind == "timeout_stall") }
            try await run(clocks + ["--idle-timeout", idle], behaviors: phases.map(\.behavior))
        }
        for phase in Self.phases { try expect(phase.behavior, phase.kind, phase.milliseconds) }
    }

    @Test func theJobsClockEndsEachOfThemWhereItIsTheFirst() async throws {
        try await run(["--job-timeout", "500ms"])
        for phase in Self.phases { try expect(phase.behavior, "timeout_job", 500) }
    }

    @Test func aStreamThatKeepsComingIsEndedByTheJobsClockAlone() async throws {
        let clocks = ["--first-token-timeout", "60s", "--idle-timeout", "60s", "--stall-timeout", "60s"]
        try await run(clocks + ["--job-timeout", "5s"], behaviors: ["count-2000+pace=5ms"])
        try expect("count-2000+pace=5ms", "timeout_job", 5000)
    }

    private func run(_ clocks: [String], behaviors: [String] = phases.map(\.behavior)) async throws {
        let file = try directory.writeJobs(
            behaviors.map { #"{"id":"\#($0)","model":"mock/\#($0)","prompt":"hello"}"# })
        let ended = try await BatchProcess(["run", file, "--max-attempts", "1"] + clocks, directory: directory.url)
            .ended()
        #expect(ended.status == 1, "\(ended.error)")
    }

    /// A clock fires when its time has come and not before; how much later tells of the machine too.
    private func expect(_ behavior: String, _ kind: String, _ milliseconds: Int) throws {
        let row = try SQLite.rows(
            database,
            "SELECT a.error_kind, duration_us FROM attempts AS a JOIN jobs USING (job_id) "
                + "WHERE custom_id = '\(behavior)'")
        let parts = (row.first ?? "|").split(separator: "|", omittingEmptySubsequences: false)
        let microseconds = Int(parts[1]) ?? 0
        print("\(behavior): \(parts[0]) after \(microseconds / 1000) ms (set to \(milliseconds))")
        #expect(parts[0] == kind)
        #expect(microseconds >= milliseconds * 1000, "\(behavior)")
        #expect(microseconds < milliseconds * 1000 + 10_000_000, "\(behavior)")
    }
}
