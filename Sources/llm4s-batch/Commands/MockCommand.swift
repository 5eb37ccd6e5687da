import ArgumentParser
import Dispatch
import Foundation
import LLMStreaming
import MockProvider
import SystemCalls

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

            \(list(BehaviorOption.allCases.map(\.help)))

            A stream with the header X-Conversation-Id goes on without its client, as llama.cpp's: \
            GET /v1/stream?conv_id=ID&from=BYTE gives the rest, DELETE /v1/stream?conv_id=ID ends it. So does a response \
            with background: true: GET /v1/responses/ID?stream=true&starting_after=N, GET /v1/responses/ID, \
            POST /v1/responses/ID/cancel.

            --slots and the options up to --total-rate make it a self-hosted server: requests wait for a slot in the order \
            of their arrival, what a prompt's beginning has in common with an earlier one is not computed again and is \
            told as cached tokens, prompts and answers take the time that the speeds give them, and where the cache is \
            too small the newest stream is put back and computed again. A token is a word. GET /metrics tells it all \
            under vLLM's names.

            What can change while it runs is set by POST /mock/control with a body such as rpm=300,down=3s, or by \
            --after; the settings, joined with ',':

            \(list(ControlOption.allCases.map(\.help)))
            """)

    private static func list(_ help: [(form: String, meaning: String)]) -> String {
        help.map { "  \($0.form)\n      \($0.meaning)" }.joined(separator: "\n")
    }

    @Option(help: ArgumentHelp("Port to listen at; 0 takes a free one.", valueName: "N"))
    var port = 0

    @Option(
        help: ArgumentHelp(
            "PEM file of the server's certificates; with --tls-key it speaks https (default: plain http).",
            valueName: "FILE"),
        completion: .file())
    var tlsCertificate: String?

    @Option(
        help: ArgumentHelp("PEM file of the certificate's private key (default: none).", valueName: "FILE"),
        completion: .file())
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "Also speaks HTTP/2, with at most N streams a connection (default: HTTP/1.1 only).", valueName: "N"))
    var http2Streams: Int?

    @Option(help: ArgumentHelp("Event loop threads.", valueName: "N"))
    var threads = 1

    @Option(help: ArgumentHelp("Seed of the random faults.", valueName: "N"))
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp(
            "Behaviour of every request, such as pace=20ms+chunk=3 (default: a short answer).", valueName: "OPTIONS"))
    var behavior: String?

    @Option(
        help: ArgumentHelp("Key that requests must bring; others get 401 (default: none).", valueName: "KEY"))
    var requiredKey: String?

    @Option(
        help: ArgumentHelp(
            "Bytes of the kernel's send buffer of each connection (default: the kernel's).", valueName: "BYTES"))
    var sendBufferBytes: Int?

    @Option(
        help: ArgumentHelp("Requests a minute for each key; more get 429 (default: no limit).", valueName: "N"))
    var rpm: Int?

    @Option(
        help: ArgumentHelp(
            "Tokens a minute for each key, of prompts and answers in words; more get 429 (default: no limit).",
            valueName: "N"))
    var tpm: Int?

    @Option(
        help: ArgumentHelp(
            "How much of --rpm and --tpm may come in one instant; at least one request.", valueName: "DURATION"))
    var burst = DurationArgument(seconds: 3)

    @Option(help: ArgumentHelp("Whose rate-limit headers are sent.", valueName: "STYLE"))
    var rateHeaders = RateLimitStyle.none

    @Option(
        help: """
            How a 429 of --rpm and --tpm says when to come again; zeroms is seconds, and retry-after-ms: 0.
            """)
    var retryAfter = RetryAfterForm.seconds

    @OptionGroup
    var capacity: MockCapacityOptions

    @Option(
        help: ArgumentHelp(
            "The models that there are, joined with ','; others get 404 (default: any name).", valueName: "NAMES"))
    var models: String?

    @Option(
        help: ArgumentHelp(
            "A change after N requests, such as 500:rpm=300; may be repeated (default: none).",
            valueName: "N:SETTINGS"))
    var after: [String] = []

    @Option(
        help: ArgumentHelp(
            "File with a recorded event stream that answers every request (default: answers are made).",
            valueName: "FILE"), completion: .file())
    var play: String?

    @Option(
        help: ArgumentHelp(
            "With --play: the byte before which the connection is closed (default: none).", valueName: "BYTE"))
    var cut: Int?

    @Option(
        help: """
            File to which a line of JSON is appended for each request when its response has ended: request, connection, \
            time_ms, duration_ms, method, path, model, headers (without keys), body, status, ending (complete, cut, \
            reset, closed_by_client, dropped), response_id, sent and sent_bytes (the body handed to the socket), text \
            (the answer's text in it), billed_prompt_tokens, billed_output_tokens (their sum over all lines was paid); \
            default: no file.
            """, completion: .file())
    var log: String?

    mutating func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port \(port) is no port") }
        guard (1...64).contains(threads) else { throw ValidationError("--threads must be 1 to 64, not \(threads)") }
        try FlagBounds.check("http2-streams", http2Streams, HTTP2Limits.streamCounts)
        try FlagBounds.check("rpm", rpm, FlagBounds.counts)
        try FlagBounds.check("tpm", tpm, FlagBounds.counts)
        try FlagBounds.check("send-buffer-bytes", sendBufferBytes, 1...Int(Int32.max))
        guard (tlsCertificate == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-certificate and --tls-key need each other")
        }

        guard cut == nil || play != nil else { throw ValidationError("--cut needs --play") }
        guard (cut ?? 0) >= 0 else { throw ValidationError("--cut \(cut ?? 0) is no byte of a file") }
    }

    func run() async throws {
        var configuration = MockConfiguration()
        configuration.port = port
        configuration.threads = threads
        configuration.seed = seed
        configuration.requiredKey = requiredKey
        if let tlsCertificate, let tlsKey {
            configuration.tls = TLSFiles(certificates: tlsCertificate, key: tlsKey)
        }
        configuration.http2 = http2Streams.map(HTTP2Limits.init)
        configuration.sendBufferBytes = sendBufferBytes
        configuration.logPath = log
        configuration.rateLimits.requestsPerMinute = rpm
        configuration.rateLimits.tokensPerMinute = tpm
        configuration.rateLimits.burst = burst.duration
        configuration.rateLimits.headers = rateHeaders
        configuration.rateLimits.retryAfter = retryAfter
        configuration.capacity = capacity.limits
        configuration.knownModels = models.map { Set($0.split(separator: ",").map(String.init)) }
        do {
            if let behavior { configuration.defaultBehavior = try MockBehavior(parsing: behavior) }
            configuration.scheduledControls = try after.map(ScheduledControl.init(parsing:))
            for change in configuration.scheduledControls {
                try change.settings.check(hasCapacity: configuration.capacity != nil)
            }
        } catch {
            throw Exit(.input, "--behavior or --after: \(error)")
        }
        if let play {
            guard let recording = FileManager.default.contents(atPath: play) else {
                throw Exit(.input, "--play: \(play) cannot be read")
            }
            configuration.recording = Array(recording)
            configuration.defaultBehavior.fault.cutBytes = cut
        }
        let server: MockServer
        do { server = try await MockServer.start(configuration) } catch {
            throw Exit(.input, "port \(port), the log or the certificate cannot be used: \(error)")
        }
        let (stopped, continuation) = AsyncStream.makeStream(of: Void.self)
        let signals = Signals { _ in continuation.finish() }
        let statistics = SignalSource(SIGUSR1, queue: .global()) {
            Console.output(Self.json(server.statistics, server.capacity))
        }
        Console.output(server.baseURL)
        for await _ in stopped {}
        await server.stop()
        withExtendedLifetime(statistics) {}
        throw Exit(signals.exitStatus ?? .completed)
    }

    private static func json(_ statistics: MockStatistics, _ capacity: CapacityStatistics?) -> JSON {
        let counted: JSON = [
            "requests": .int(statistics.requests), "connections_accepted": .int(statistics.connectionsAccepted),
            "open_connections": .int(statistics.openConnections), "active_streams": .int(statistics.activeStreams),
            "blocked_streams": .int(statistics.blockedStreams),
            "clients_closed_early": .int(statistics.clientsClosedEarly),
            "body_bytes_written": .int(statistics.bodyBytesWritten),
        ]
        guard let capacity, var members = counted.object else { return counted }
        members["capacity"] = [
            "running": .int(capacity.running), "waiting": .int(capacity.waiting),
            "longest_queue": .int(capacity.longestQueue), "refused": .int(capacity.refused),
            "prefill_tokens": .int(capacity.prefillTokens), "cached_tokens": .int(capacity.cachedTokens),
            "prompt_tokens": .int(capacity.promptTokens), "generated_tokens": .int(capacity.generatedTokens),
            "preemptions": .int(capacity.preemptions),
        ]
        return .object(members)
    }
}

extension RateLimitStyle: ExpressibleByArgument {}
extension RetryAfterForm: ExpressibleByArgument {}
