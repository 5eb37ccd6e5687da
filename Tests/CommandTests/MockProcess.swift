import Foundation

/// The mock in a process of its own, as `llm4s-batch mock`: as fast as the build under test.
final class MockProcess: Sendable {
    private let process: BatchProcess
    let baseURL: String

    convenience init(arguments: [String] = []) async throws {
        try await self.init(["mock"] + arguments, program: BatchProcess.binary)
    }

    /// Another server that prints its base URL first.
    init(_ command: [String], program: URL) async throws {
        let process = try BatchProcess(command, program: program)
        try await process.wait { process.outputSoFar.contains("\n") }
        self.process = process
        baseURL = String(process.outputSoFar.prefix { $0 != "\n" })
    }

    deinit {
        process.send(SIGTERM)
        process.send(SIGCONT)
    }

    /// Stops the whole process, so that nothing is answered, until it is let go on.
    func suspend() { process.send(SIGSTOP) }

    func goOn() { process.send(SIGCONT) }

    /// What it has counted so far.
    func statistics() async throws -> [String: Int] {
        let lines = { self.process.outputSoFar.split(separator: "\n") }
        let known = lines().count
        process.send(SIGUSR1)
        try await process.wait { lines().count > known }
        let last = lines().last ?? ""
        return try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Int] ?? [:]
    }
}
