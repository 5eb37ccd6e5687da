import Foundation

/// A process of a measurement, on a core of its own where the system has `taskset`.
final class Child {
    private let process = Process()
    private let output = Pipe()
    private let error: Pipe?
    private var written = ""
    private var errorWritten = ""
    private let cleanup: Cleanup

    /// Starts a command, found by its path.
    ///
    /// - Parameters:
    ///   - command: the program and its arguments.
    ///   - core: the core to run on; nil for any.
    ///   - directory: where it runs; nil for here.
    ///   - errors: a file for its standard error; nil keeps it for `errorLine`, which must then be called to its end.
    ///   - limit: seconds after which it is ended.
    init(_ command: [String], core: Int? = nil, directory: URL? = nil, errors: String?, limit: Double = 600) throws {
        let command = Self.launcher(core: core) + command
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.currentDirectoryURL = directory
        if let errors {
            error = nil
            // Foundation's way of creating it would replace a device by a file.
            let descriptor = unsafe open(errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            process.standardError = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        } else {
            let pipe = Pipe()
            error = pipe
            process.standardError = pipe
        }
        cleanup = try Cleanup { [process] in
            try process.run()
            return { [child = process.processIdentifier] in Self.end(child) }
        }
        watch(limit)
    }

    /// Kills a child and waits until it is gone, but not for ever.
    private static func end(_ child: Int32) {
        kill(child, SIGKILL)
        for _ in 0..<100 where kill(child, 0) == 0 { usleep(10_000) }
    }

    /// Ends the process if it runs too long.
    private func watch(_ limit: Double) {
        let process = process
        DispatchQueue.global().asyncAfter(deadline: .now() + limit) {
            if process.isRunning { process.terminate() }
        }
    }

    deinit {
        cleanup.done()
        if process.isRunning { process.terminate() }
    }

    /// This program.
    static let ownProgram = Bundle.main.executablePath ?? CommandLine.arguments[0]

    var processIdentifier: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    /// Whether processes are bound to a core each.
    static var isPinning: Bool { ProcessInfo.processInfo.activeProcessorCount > 1 && taskset != nil }

    private static let taskset = ["/usr/bin/taskset", "/bin/taskset"].first(
        where: FileManager.default.isExecutableFile(atPath:))

    private static func launcher(core: Int?) -> [String] {
        guard isPinning, let core, let taskset else { return [] }
        return [taskset, "--cpu-list", String(core)]
    }

    /// The next line of its standard output; nil where it ended before.
    func line() -> String? { Self.line(of: output.fileHandleForReading, &written) }

    /// The next line of its standard error; nil where it ended before.
    func errorLine() -> String? { error.flatMap { Self.line(of: $0.fileHandleForReading, &errorWritten) } }

    private static func line(of handle: FileHandle, _ written: inout String) -> String? {
        while true {
            if let end = written.firstIndex(of: "\n") {
                defer { written = String(written[written.index(after: end)...]) }
                return String(written[..<end])
            }
            let bytes = handle.availableData
            if bytes.isEmpty { return nil }
            written += String(decoding: bytes, as: UTF8.self)
        }
    }

    /// Sends a signal to it.
    func send(_ signal: Int32) { if process.isRunning { kill(process.processIdentifier, signal) } }

    /// Waits for its end.
    ///
    /// - Returns: its status.
    @discardableResult
    func wait() -> Int32 {
        process.waitUntilExit()
        cleanup.done()
        return process.terminationStatus
    }

    /// Ends it and waits until it is gone.
    func stop() {
        if process.isRunning { process.terminate() }
        wait()
    }

    /// The most memory that it has held, in KiB; nil once it is gone.
    var peakKilobytes: Int? {
        guard let status = try? String(contentsOfFile: "/proc/\(processIdentifier)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
        else { return nil }
        return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
    }

    /// Runs a command to its end; the last lines of its standard error go to ours if it fails.
    ///
    /// - Parameters:
    ///   - command: the program and its arguments.
    ///   - core: the core to run on; nil for any.
    ///   - directory: where it runs; nil for here.
    ///   - isQuiet: whether a failure is not reported.
    ///   - limit: seconds after which it is ended.
    /// - Returns: its standard output; nil where it could not be started or failed.
    static func output(
        _ command: [String], core: Int? = nil, directory: URL? = nil, isQuiet: Bool = false, limit: Double = 600
    ) -> String? {
        let errors = URL.temporaryDirectory.appending(path: "llm4s-benchmarks-\(UUID().uuidString).err")
        let cleanup = Cleanup { { try? FileManager.default.removeItem(at: errors) } }
        defer {
            cleanup.done()
            try? FileManager.default.removeItem(at: errors)
        }
        guard
            let child = try? Child(command, core: core, directory: directory, errors: errors.path, limit: limit)
        else { return nil }
        var lines: [String] = []
        while let line = child.line() { lines.append(line) }
        guard child.wait() == 0 else {
            let text = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
            if !isQuiet { for line in text.split(separator: "\n").suffix(3) { Report.note("  \(line)") } }
            return nil
        }
        return lines.joined(separator: "\n")
    }
}
