import ArgumentParser
import Foundation

/// A running server of load, and the client that is measured with it.
final class Source {
    private let child: Child
    private let scratch: ScratchFolder
    /// Its base URL.
    let url: String
    private let caFile: String?

    /// Starts the lean source, or another server.
    init(scratch: ScratchFolder, server: [String]? = nil, caFile: String? = nil) throws {
        self.scratch = scratch
        self.caFile = caFile
        child = try Child(server ?? [Child.ownProgram, "source"], core: 1, errors: "/dev/null", limit: 7200)
        guard let url = child.line() else { throw ValidationError("the source of load did not start") }
        self.url = url
    }

    func stop() { child.stop() }

    /// The port of its URL.
    var port: String { url.split(separator: ":").last.map { String($0.prefix { $0 != "/" }) } ?? "0" }

    /// Measures the client of llm4s-batch, in a process of its own so that nothing else counts as its cost.
    ///
    /// - Parameters:
    ///   - load: what is sent.
    ///   - store: where its chunks go: none, normal, full.
    ///   - extra: further options of `client`.
    func measureOwn(_ load: Load, store: String, extra: [String] = []) -> Figures? {
        let database = scratch.path("\(UUID().uuidString).db")
        defer {
            for ending in ["", "-wal", "-shm", ".lock"] {
                try? FileManager.default.removeItem(atPath: database + ending)
            }
        }
        var command = [
            Child.ownProgram, "client", "--base-url", url, "--model", load.model, "--streams", "\(load.streams)",
            "--store", store, "--db", database, "--settle", "\(load.settleSeconds)s", "--window",
            "\(load.windowSeconds)s", "--prompt-bytes", "\(load.promptBytes)", "--source", "\(child.processIdentifier)",
            "--jobs", "\(load.jobs ?? load.streams + 20_000)",
        ]
        if let caFile { command += ["--ca-file", caFile] }
        let limit = 180 + load.settleSeconds + load.windowSeconds
        return Child.output(command + extra, core: 0, limit: limit).flatMap(Figures.init)
    }
}

/// The load of a measurement: what each stream sends, how many there are, and for how long they are measured.
struct Load {
    var streams: Int
    /// The model's name, by which the source knows what to send.
    var model: String
    var settleSeconds = 1.0
    var windowSeconds = 5.0
    var promptBytes = 100
    /// Jobs that suffice for the window; nil for the client's own number.
    var jobs: Int?

    /// One event a packet at a pace; the streams outlast the window.
    static func paced(streams: Int, milliseconds: Int, seconds: Double) -> Load {
        Load(streams: streams, model: "bulk=100000000+pace=\(milliseconds)ms", windowSeconds: seconds)
    }

    /// Ten events a packet, as fast as they are read; the flood begins when the connections are open.
    ///
    /// The streams outlast ten seconds at four million events a second.
    static func flood(streams: Int, seconds: Double) -> Load {
        Load(
            streams: streams, model: "bulk=\(40_000_000 / streams)+packet=10+ttft=3s", settleSeconds: 4,
            windowSeconds: seconds)
    }

    /// The same load with its sender's clock in each event.
    var stamped: Load {
        var load = self
        load.model += "+stamp"
        return load
    }
}
