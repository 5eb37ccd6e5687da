import ArgumentParser
import Foundation

/// A running server of load, and the clients that can be set on it.
final class Source {
    private let child: Child
    private let workplace: Workplace
    /// Its base URL.
    let url: String
    private let caFile: String?

    /// Starts the lean source, or the mock with these options.
    init(_ workplace: Workplace, mockOptions: [String]? = nil, caFile: String? = nil) throws {
        self.workplace = workplace
        self.caFile = caFile
        child = try Child(
            [workplace.binary, "mock"] + (mockOptions ?? ["--load"]), core: 1, errors: "/dev/null", limit: 7200)
        guard let url = child.line() else { throw ValidationError("the source of load did not start") }
        self.url = url
    }

    func stop() { child.stop() }

    private var port: String { url.split(separator: ":").last.map { String($0.prefix { $0 != "/" }) } ?? "0" }

    /// Measures the program under test.
    ///
    /// - Parameter store: where its chunks go: none, normal, full.
    func measureOwn(_ load: Load, store: String, extra: [String] = []) -> Figures? {
        let database = workplace.scratch.appending(path: "\(UUID().uuidString).db").path
        defer {
            for ending in ["", "-wal", "-shm", ".lock"] {
                try? FileManager.default.removeItem(atPath: database + ending)
            }
        }
        var command = [
            workplace.binary, "bench-client", "--base-url", url, "--model", load.model, "--streams", "\(load.streams)",
            "--store", store, "--db", database, "--settle", "\(load.settleSeconds)s", "--window",
            "\(load.windowSeconds)s", "--prompt-bytes", "\(load.promptBytes)", "--source", "\(child.processIdentifier)",
            "--jobs", "\(load.streams + 20_000)",
        ]
        if let caFile { command += ["--ca-file", caFile] }
        return figures(of: command + extra)
    }

    /// Measures the C reader; nil where there is none.
    func measureReader(_ load: Load) -> Figures? {
        workplace.reader.flatMap { figures(of: [$0] + arguments(load)) }
    }

    /// Measures aiohttp with orjson; nil where there is no Python for it.
    func measureAiohttp(_ load: Load) -> Figures? {
        workplace.python.flatMap { figures(of: [$0, Workplace.script("aiohttp_reader.py")] + arguments(load)) }
    }

    /// Measures openai-python; nil where there is no Python for it.
    func measureOpenAI(_ load: Load) -> Figures? {
        workplace.python.flatMap { figures(of: [$0, Workplace.script("openai_reader.py")] + arguments(load)) }
    }

    private func arguments(_ load: Load) -> [String] {
        [
            port, "\(load.streams)", load.model, "\(load.settleSeconds)", "\(load.windowSeconds)",
            "\(load.promptBytes)",
        ]
    }

    private func figures(of command: [String]) -> Figures? {
        Child.output(command, core: 0, limit: 180).flatMap(Figures.init)
    }
}
