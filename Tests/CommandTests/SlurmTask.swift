import Foundation

/// A task of the array job that `plan slurm` prints, begun as Slurm begins it, with a stand-in for `scontrol`.
struct SlurmTask {
    private let script: String
    private let directory: TemporaryDirectory
    private let program: String

    /// - Parameters:
    ///   - script: what `plan` printed.
    ///   - directory: where the job was handed in.
    ///   - program: in place of llm4s-batch.
    init(_ script: String, _ directory: TemporaryDirectory, program: String = BatchProcess.binary.path) {
        self.script = script
        self.directory = directory
        self.program = program
    }

    /// Where a node's databases lie.
    func disk(_ node: String) -> String { directory.path("disk-\(node)") }

    /// Starts an attempt of a task.
    func start(
        _ task: Int, on node: String = "node", job: Int = 100, environment: [String: String] = [:]
    ) throws -> BatchProcess {
        let tools = directory.url.appending(path: "tools")
        if !FileManager.default.fileExists(atPath: tools.path) {
            try FileManager.default.createDirectory(at: tools, withIntermediateDirectories: true)
            let tool = tools.appending(path: "scontrol")
            try Data("#!/bin/sh\necho \"$@\" >>'\(directory.path("scontrol"))'\n".utf8).write(to: tool)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: tool.path)
        }
        if program != BatchProcess.binary.path {
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let own = [
            "PATH": "\(tools.path):\(path)", "SLURM_ARRAY_TASK_ID": "\(task)", "SLURM_JOB_ID": "\(job)",
            "SLURMD_NODENAME": node, "LLM4S_BATCH": program, "LLM4S_DATABASES": disk(node),
        ]
        return try BatchProcess(
            [script], environment: own.merging(environment) { $1 }, directory: directory.url,
            program: URL(filePath: "/bin/bash"))
    }

    /// Runs an attempt of a task to its end.
    func attempt(
        _ task: Int, on node: String = "node", job: Int = 100, environment: [String: String] = [:]
    ) async throws -> BatchProcess.Ended {
        try await start(task, on: node, job: job, environment: environment).ended()
    }

    /// The calls of `scontrol` since they were last asked for.
    func requeues() -> [String] {
        let file = directory.path("scontrol")
        defer { try? FileManager.default.removeItem(atPath: file) }
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }
}
