import Foundation
import Synchronization
import Testing

/// A server as others run it in production, before the mock: HTTP/2 over TLS to its clients, HTTP/1.1 to the mock.
final class RealServer: Sendable {
    /// Which one it is.
    enum Program: String, Sendable {
        case nginx, caddy, envoy

        /// As the environment names it (`ENVOY`), or from PATH; nil where it is missing.
        var path: String? {
            let environment = ProcessInfo.processInfo.environment
            let folders = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(rawValue)" }
            return ([environment[rawValue.uppercased()]].compactMap(\.self) + folders)
                .first { FileManager.default.isExecutableFile(atPath: $0) }
        }

        var isHere: Bool { path != nil }
        /// Why a test that needs it is skipped.
        var absence: Comment { "needs \(rawValue)" }
    }

    /// A request for an answer, as the server saw it.
    struct Seen: Hashable {
        /// The version of HTTP.
        var version: String
        /// The address and the port of the connection's other end.
        var client: String
    }

    let program: Program
    let path: String
    let directory: TemporaryDirectory
    let settings: ServerSettings
    /// Those that stay in the foreground; nginx does not.
    private let processes = Mutex<[ChildProcess]>([])

    var baseURL: String { "https://127.0.0.1:\(settings.port)/v1" }
    /// The same server, whose requests go to the second mock.
    var secondBaseURL: String { "https://127.0.0.1:\(settings.port)/second/v1" }
    /// The certificate, which nobody else has signed.
    var caFile: String { directory.path("certificate.pem") }

    private init(_ program: Program, _ path: String, _ directory: TemporaryDirectory, _ settings: ServerSettings) {
        (self.program, self.path, self.directory, self.settings) = (program, path, directory, settings)
    }

    /// Starts a server.
    ///
    /// - Parameter change: what is special about it.
    static func start(
        _ program: Program, before port: Int, _ change: (inout ServerSettings) -> Void
    ) async throws -> RealServer {
        let path = try #require(program.path)
        let directory = try TemporaryDirectory()
        var settings = ServerSettings(folder: directory.url.path, mockPort: port)
        change(&settings)
        let (status, _) = try await ChildProcess.run(
            arguments: [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                directory.path("key.pem"), "-out", directory.path("certificate.pem"),
            ])
        try #require(status == 0, "openssl makes no certificate")
        // A port that was free a moment ago may be somebody else's by the time the server wants it.
        for _ in 0..<3 {
            (settings.port, settings.adminPort) = (try LlamaCppServer.freePort(), try LlamaCppServer.freePort())
            _ = try directory.write(settings.text(for: program), to: "configuration")
            let server = RealServer(program, path, directory, settings)
            if try await server.isReady(try server.start(epoch: 0)) { return server }
        }
        let output = try? String(contentsOfFile: directory.path("output-0"), encoding: .utf8)
        throw Failure(description: "\(program) does not start: \(output ?? "")")
    }

    private struct Failure: Error, CustomStringConvertible { var description: String }

    deinit {
        for process in processes.withLock({ $0 }) { process.send(SIGTERM) }
        for file in ["nginx.pid", "nginx.pid.oldbin"] {
            if let number = Self.number(directory.path(file)) { kill(number, SIGTERM) }
        }
    }

    /// - Parameter epoch: how many of its kind went before it (Envoy).
    private func command(epoch: Int) -> [String] {
        let file = directory.path("configuration")
        switch program {
        case .nginx: return [path, "-p", directory.url.path, "-c", file]
        case .caddy: return [path, "run", "--config", file]
        case .envoy:
            let base = Self.number(directory.path("base")).map { ["--base-id", "\($0)"] } ?? ["--use-dynamic-base-id"]
            return [path, "-c", file, "--concurrency", "2", "--file-flush-interval-msec", "20", "--log-level", "warn"]
                + ["--restart-epoch", "\(epoch)", "--drain-time-s", "1", "--drain-strategy", "immediate"]
                + ["--parent-shutdown-time-s", "300", "--base-id-path", directory.path("base")] + base
        }
    }

    private func start(epoch: Int) throws -> ChildProcess {
        let output = directory.path("output-\(epoch)")
        let process = try ChildProcess(command(epoch: epoch), output: output, error: output)
        processes.withLock { $0.append(process) }
        return process
    }

    /// Waits until it answers; false where it ended instead.
    private func isReady(_ process: ChildProcess) async throws -> Bool {
        while process.isRunning || process.status == 0 {
            let url = "https://127.0.0.1:\(settings.port)/ready"
            if try await ChildProcess.run("curl", "-s", "-f", "-k", "-m", "5", url).status == 0 { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    static func number(_ file: String) -> Int32? {
        let text = try? String(contentsOfFile: file, encoding: .utf8)
        return text.flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    /// Waits until something holds; the test's time limit bounds it.
    static func wait(until condition: () async throws -> Bool) async throws {
        while try await !condition() { try await Task.sleep(for: .milliseconds(10)) }
    }

    // MARK: What it saw

    /// What it said itself, the last of it.
    var output: String {
        let texts = ["output-0", "output-1", "error.log"].compactMap {
            try? String(contentsOfFile: directory.path($0), encoding: .utf8).suffix(2_000)
        }
        return texts.joined(separator: "\n")
    }

    /// The requests for answers that have ended, as soon as there are so many.
    func seen(_ count: Int) async throws -> [Seen] {
        var seen: [Seen] = []
        try await Self.wait {
            seen = ServerSettings.seen(in: directory.path("access.log"))
            return seen.count >= count
        }
        return seen
    }

    // MARK: Upgrades

    /// Has its place taken by a successor with the same configuration, in the way of its kind; returns once that answers.
    ///
    /// - Parameter isBinary: by another process (nginx; Envoy has no other way), and not by other workers.
    func upgrade(isBinary: Bool = false) async throws {
        switch program {
        case .nginx:
            let file = directory.path("nginx.pid")
            let number = try #require(Self.number(file))
            guard isBinary else {
                kill(number, SIGHUP)
                return try await waitForLine("gracefully shutting down")
            }
            kill(number, SIGUSR2)
            try await Self.wait { Self.number(file).map { $0 != number } ?? false }
            kill(number, SIGQUIT)
            try await waitForLine("gracefully shutting down")
        case .caddy:
            let (status, output) = try await ChildProcess.run(
                "curl", "-s", "-f", "-m", "60", "http://127.0.0.1:\(settings.adminPort)/load", "-H",
                "cache-control: must-revalidate", "-H", "content-type: application/json", "-d",
                "@\(directory.path("configuration"))")
            try #require(status == 0, "\(String(decoding: output, as: UTF8.self))")
        case .envoy:
            let process = try start(epoch: 1)
            try await Self.wait {
                try #require(process.isRunning, "the second process has ended")
                let page = "http://127.0.0.1:\(settings.adminPort)/server_info"
                let (_, output) = try await ChildProcess.run("curl", "-s", "-m", "5", page)
                let text = String(decoding: output, as: UTF8.self)
                return text.contains(#""restart_epoch": 1"#) && text.contains(#""state": "LIVE""#)
            }
        }
    }

    private func waitForLine(_ words: String) async throws {
        try await Self.wait {
            (try? String(contentsOfFile: directory.path("error.log"), encoding: .utf8))?.contains(words) ?? false
        }
    }
}
