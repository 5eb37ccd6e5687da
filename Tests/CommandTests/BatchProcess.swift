import Foundation
import Testing

/// The program under test as its user runs it: a process with arguments, an environment and two pipes.
final class BatchProcess: Sendable {
    /// How a process ended and what it wrote.
    struct Ended: Sendable {
        /// The exit status; negative: the signal that killed it.
        var status: Int32
        var output: String
        var error: String
    }

    /// The binary: of this build, or the one that the environment names (the release build in CI).
    static let binary: URL = {
        if let path = ProcessInfo.processInfo.environment["LLM4S_BATCH_BINARY"] { return URL(filePath: path) }
        return Bundle.main.executableURL!.resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "llm4s-batch")
    }()

    /// One of the other programs of this build: an example, or `Benchmarks`.
    static func example(_ name: String) -> URL {
        Bundle.main.executableURL!.resolvingSymlinksInPath().deletingLastPathComponent().appending(path: name)
    }

    private let process: ChildProcess
    /// Whether a release build is under test.
    static let isRelease = ProcessInfo.processInfo.environment["LLM4S_BATCH_BINARY"] != nil

    /// What it writes goes to files: the end of a pipe would not come while any other child has inherited it.
    private let output: URL
    private let error: URL
    private let input: URL?

    /// A run under a sanitizer (`.ci/sanitize`) sees its children too.
    private static let sanitizerVariables = ["SWIFT_BACKTRACE", "LD_PRELOAD", "TSAN_OPTIONS", "ASAN_OPTIONS"]

    /// Starts the program.
    ///
    /// - Parameters:
    ///   - environment: set in place of this process's own, but for PATH, HOME and what a sanitizer needs.
    ///   - directory: where it runs.
    ///   - program: what is run.
    init(
        _ arguments: [String], environment: [String: String] = [:], directory: URL? = nil, input: String? = nil,
        launcher: [String] = [], program: URL = binary
    ) throws {
        let folder = FileManager.default.temporaryDirectory
        output = folder.appending(path: "llm4s-batch-\(UUID().uuidString).out")
        error = folder.appending(path: "llm4s-batch-\(UUID().uuidString).err")
        self.input = input.map { _ in folder.appending(path: "llm4s-batch-\(UUID().uuidString).in") }
        var command = launcher + [program.path] + arguments
        if let input, let file = self.input {
            try Data(input.utf8).write(to: file)
            // Through a pipe, as a user would: a file could be read twice.
            command = ["/bin/sh", "-c", "cat \"$0\" | \"$@\"", file.path] + command
        }
        let own = ProcessInfo.processInfo.environment
        process = try ChildProcess(
            command,
            environment: ["PATH": own["PATH"] ?? "/usr/bin:/bin", "HOME": "/nonexistent"]
                .merging(own.filter { Self.sanitizerVariables.contains($0.key) }) { $1 }.merging(environment) { $1 },
            directory: directory?.path, output: output.path, error: error.path)
    }

    deinit {
        for file in [output, error, input].compactMap(\.self) { try? FileManager.default.removeItem(at: file) }
    }

    var processIdentifier: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    /// The children that it has now.
    var children: [Int32] {
        let tasks = "/proc/\(processIdentifier)/task"
        return ((try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []).flatMap { task in
            let list = try? String(contentsOfFile: "\(tasks)/\(task)/children", encoding: .utf8)
            return (list ?? "").split(separator: " ").compactMap { Int32($0) }
        }
    }

    /// What it wrote on standard error so far.
    var errorSoFar: String { Self.text(error) }
    /// What it wrote on standard output so far.
    var outputSoFar: String { Self.text(output) }

    private static func text(_ file: URL) -> String {
        String(decoding: (try? Data(contentsOf: file)) ?? Data(), as: UTF8.self)
    }

    /// Sends a signal to this process, which we started.
    func send(_ signal: Int32) { process.send(signal) }

    /// Waits for the end.
    func ended() async -> Ended {
        Ended(status: await process.ended(), output: outputSoFar, error: errorSoFar)
    }

    /// Waits until a condition holds, or the process ends.
    func wait(until condition: () throws -> Bool) async throws {
        while process.isRunning, try !condition() { try? await Task.sleep(for: .milliseconds(5)) }
    }

    /// Runs the program to its end.
    static func run(
        _ arguments: String..., environment: [String: String] = [:], directory: URL? = nil, input: String? = nil
    ) async throws -> Ended {
        try await BatchProcess(arguments, environment: environment, directory: directory, input: input).ended()
    }
}
