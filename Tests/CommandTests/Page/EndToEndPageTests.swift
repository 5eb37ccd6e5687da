import Foundation
import Testing

/// The page in a browser, as a person uses it while a run goes on.
///
/// `page_walk.py` beside this file looks and clicks; what it checks stands there.
@Suite(.serialized)
struct EndToEndPageTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    private static let walk = Project.root.appending(path: "Tests/CommandTests/Page/page_walk.py")

    /// Whether one of these programs is in PATH.
    private static func has(_ names: String...) -> Bool {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return names.contains { name in
            folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
        }
    }

    private static let hasBrowser =
        has("python3")
        && (ProcessInfo.processInfo.environment["CHROMIUM"] != nil
            || has("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"))

    /// 2,000 jobs: two long ones first, one with markup and control characters, twelve that fail, and many of 4 to
    /// 40 seconds, of which each fiftieth breaks once: the run is longer than the walk, which ends it.
    private static var jobs: [String] {
        let slow = (1...2).map { #"{"id":"slow-\#($0)","model":"mock/count-9000+pace=200ms","prompt":"\#($0)"}"# }
        let markup = #"<img src=x onerror=alert(1)> \u202eturned\u202c \u001b[31m"#
        let evil = #"{"id":"evil\u202e<b>","model":"mock/count-3","prompt":"\#(markup)"}"#
        let broken = (1...12).map { #"{"id":"broken-\#($0)","model":"mock/status=400","prompt":"p"}"# }
        let others = (1...1985).map { number in
            let fault = number.isMultiple(of: 50) ? "+cutchunk=middle+times=1" : ""
            let model = "mock/count-\(20 + number % 180)+pace=200ms\(fault)"
            return #"{"id":"q-\#(number)","model":"\#(model)","prompt":"\#(number)"}"#
        }
        return slow + [evil] + broken + others
    }

    @Test(.enabled(if: hasBrowser, "there is no Chromium (CHROMIUM names one), or no python3"))
    func aPersonWatchesAndSteersARunOfTwoThousandJobs() async throws {
        let file = try directory.writeJobs(Self.jobs)
        let run = try BatchProcess([
            "run", file, "--db", database, "--serve", "0", "--concurrency", "64", "--drain-timeout", "0s",
        ])
        defer { run.send(SIGKILL) }
        try await run.wait { SQLite.currentNumber(database, "SELECT count(*) FROM run_seconds") > 0 }
        // The worker serves the page only while it lives: a server of its own is still there after the drain.
        let server = try BatchProcess(["serve", "--db", database])
        defer { server.send(SIGTERM) }
        try await server.wait { server.outputSoFar.contains("\n") }
        let url = String(server.outputSoFar.prefix { $0 != "\n" })
        #expect(url.hasPrefix("http://127.0.0.1:"), "\(url) \(server.errorSoFar)")
        let (status, output) = try await ChildProcess.run(
            "env", "PYTHONDONTWRITEBYTECODE=1", "python3", Self.walk.path, url, BatchProcess.binary.path)
        let told = String(decoding: output, as: UTF8.self)
        #expect(status == 0, "\(told)\n\(run.errorSoFar)")
        let ended = await run.ended()
        #expect(ended.status == 4, "\(ended.error)")
        #expect(ended.error.contains("http://127.0.0.1:"), "\(ended.error)")
    }
}
