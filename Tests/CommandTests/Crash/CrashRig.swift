import Foundation

/// What all trials of a test need: the shim, compiled, and a provider.
final class CrashRig: Sendable {
    /// The C compiler in PATH; nil where there is none, or where nothing can be preloaded.
    static let compiler: String? = {
        #if os(Linux)
            let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
            return ["cc", "clang", "gcc"].lazy.flatMap { name in folders.map { "\($0)/\(name)" } }
                .first { FileManager.default.isExecutableFile(atPath: $0) }
        #else
            return nil
        #endif
    }()

    /// Why a test is skipped without it.
    static let absence = "needs Linux and a C compiler: cc, clang or gcc"

    private let directory: TemporaryDirectory
    private let mock: MockProcess
    private var shim: String { directory.path("crash_shim.so") }

    init() async throws {
        directory = try TemporaryDirectory()
        let source = Project.root.appending(path: "Tests/CrashShim/crash_shim.c").path
        let ended = try await ChildProcess.run(
            arguments: [
                Self.compiler ?? "cc", "-O1", "-shared", "-fPIC", "-o", directory.path("crash_shim.so"), source,
            ])
        guard ended.status == 0 else { throw SQLite.Fault(description: String(decoding: ended.output, as: UTF8.self)) }
        mock = try await MockProcess()
    }

    /// A folder with the job file, and nothing else.
    func folder() throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        _ = try folder.writeJobs(CrashJobs.lines)
        return folder
    }

    /// Runs the jobs in such a folder, to the end or to what the fault makes of it.
    ///
    /// - Parameters:
    ///   - fault: what happens to one of its calls; nil for none.
    ///   - record: file to which the shim appends what the disk was told.
    ///   - options: further options of `run`.
    ///   - variables: further variables of the shim, `LLM4S_CRASH_`.
    ///   - delay: after which it is killed.
    func run(
        in folder: TemporaryDirectory, fault: CrashFault? = nil, record: String? = nil, options: [String] = [],
        variables: [String: String] = [:], killedAfter delay: Duration? = nil
    ) async throws -> CrashRun {
        try await program(
            [
                "run", "jobs.jsonl", "--db", "jobs.db", "--base-url", mock.baseURL, "--concurrency", "12", "--progress",
                "json",
            ] + options, in: folder, fault: fault, record: record, variables: variables, killedAfter: delay)
    }

    /// Runs the program on `jobs.db` of such a folder; the parameters are those of `run`.
    func program(
        _ arguments: [String], in folder: TemporaryDirectory, fault: CrashFault? = nil, record: String? = nil,
        variables: [String: String] = [:], killedAfter delay: Duration? = nil
    ) async throws -> CrashRun {
        var shimmed = variables.merging(fault?.variables ?? [:]) { $1 }
        let hit = folder.path("hit")
        if fault != nil { shimmed["HIT"] = hit }
        shimmed["RECORD"] = record
        // The program has the real path, with symbolic links resolved.
        shimmed["DATABASE"] = folder.url.resolvingSymlinksInPath().appending(path: "jobs.db").path
        var environment = Dictionary(uniqueKeysWithValues: shimmed.map { ("LLM4S_CRASH_\($0.key)", $0.value) })
        let others = ProcessInfo.processInfo.environment["LD_PRELOAD"] ?? ""
        environment["LD_PRELOAD"] = others.isEmpty ? shim : "\(others):\(shim)"
        let process = try BatchProcess(arguments, environment: environment, directory: folder.url)
        let isHung = await process.isStillRunning(after: delay ?? .seconds(120))
        if isHung { process.send(SIGKILL) }
        let ended = await process.ended()
        let met = try? String(contentsOfFile: hit, encoding: .utf8)
        try? FileManager.default.removeItem(atPath: hit)
        return CrashRun(
            fault: fault, status: ended.status, error: ended.error,
            met: met?.split(separator: "\n").first.map(String.init),
            isHung: isHung && delay == nil)
    }
}

extension BatchProcess {
    /// Waits for the end, but no longer than so; whether it has not come.
    func isStillRunning(after limit: Duration) async -> Bool {
        let end = ContinuousClock.now + limit
        while isRunning, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(5)) }
        return isRunning
    }
}
