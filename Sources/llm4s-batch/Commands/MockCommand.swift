import ArgumentParser
import Dispatch
import Foundation
import LLMStreaming
import MockProvider

/// `mock`: the scripted provider as a server of its own.
struct MockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mock",
        abstract: "Serves a scripted LLM provider on loopback: OpenAI chat and Responses, Anthropic Messages.",
        discussion: """
            Prints its base URL on standard output and runs until SIGINT or SIGTERM; SIGUSR1 makes it print what it \
            has counted, as a line of JSON. Answers are a function of the \
            request. Behaviour and faults are options joined with '+' in the model's name \
            (count-200+pace=20ms+chunk=3), in the URL's query, or in the header x-mock:

            \(BehaviorOption.allCases.map { "  \($0.help.form)\n      \($0.help.meaning)" }.joined(separator: "\n"))
            """)

    @Option(help: "Port to listen at; 0 takes a free one.")
    var port = 0

    @Option(help: "Event loop threads.")
    var threads = 1

    @Option(help: "Seed of the random faults.")
    var seed: UInt64 = 1

    @Option(help: "Behaviour of every request, such as pace=20ms+chunk=3.")
    var behavior: String?

    @Option(help: "Key that requests must bring; others get 401.")
    var requiredKey: String?

    @Option(help: "Bytes of the kernel's send buffer of each connection.")
    var sendBufferBytes: Int?

    @Option(
        help: """
            File to which a line of JSON is appended for each request when its response has ended: request, connection, \
            time_ms, duration_ms, method, path, model, headers (without keys), body, status, ending (complete, cut, \
            reset, closed_by_client, dropped), response_id, sent and sent_bytes (the body handed to the socket), text \
            (the answer's text in it), billed_prompt_tokens, billed_output_tokens (their sum over all lines was paid).
            """)
    var log: String?

    mutating func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port \(port) is no port") }
        guard (1...64).contains(threads) else { throw ValidationError("--threads must be 1 to 64, not \(threads)") }
    }

    func run() async throws {
        var configuration = MockConfiguration()
        configuration.port = port
        configuration.threads = threads
        configuration.seed = seed
        configuration.requiredKey = requiredKey
        configuration.sendBufferBytes = sendBufferBytes
        configuration.logPath = log
        do {
            if let behavior { configuration.defaultBehavior = try MockBehavior(parsing: behavior) }
        } catch {
            throw Exit(.input, "--behavior: \(error)")
        }
        let server: MockServer
        do { server = try await MockServer.start(configuration) } catch {
            throw Exit(.input, "port \(port) cannot be listened at, or the log not be written: \(error)")
        }
        let (stopped, continuation) = AsyncStream.makeStream(of: Void.self)
        let signals = Signals { _ in continuation.finish() }
        let statistics = DispatchSource.makeSignalSource(signal: SIGUSR1)
        signal(SIGUSR1, SIG_IGN)
        statistics.setEventHandler { Console.output(Self.json(server.statistics).text) }
        statistics.resume()
        Console.output(server.baseURL)
        for await _ in stopped {}
        statistics.cancel()
        await server.stop()
        throw Exit(signals.exitStatus ?? .completed)
    }

    private static func json(_ statistics: MockStatistics) -> JSON {
        [
            "requests": .int(statistics.requests), "connections_accepted": .int(statistics.connectionsAccepted),
            "open_connections": .int(statistics.openConnections), "active_streams": .int(statistics.activeStreams),
            "blocked_streams": .int(statistics.blockedStreams),
            "clients_closed_early": .int(statistics.clientsClosedEarly),
            "body_bytes_written": .int(statistics.bodyBytesWritten),
        ]
    }
}
