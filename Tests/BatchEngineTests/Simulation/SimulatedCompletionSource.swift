import BatchEngine
import LLMStreaming
import Synchronization

/// What a simulated provider is asked.
struct SimulatedCall: Sendable {
    /// The number of the job, from its prompt "job N".
    var job: Int
    /// Which call for this job it is, from 1.
    var attempt: Int
    var provider: String
    /// Which of the provider's endpoints it is, from 0.
    var endpoint: Int
    var model: String
    /// The text that it shall go on from.
    var prefix: String?
    var maximumTokens: Int?
    var temperature: Double?
    /// What the user says after an answer that was not right.
    var correction: String?
    /// How long its first token may take, where that is told.
    var firstTokenTimeout: Duration?
    /// When it was asked, since the clock's start.
    var time: Duration
}

/// What a simulated provider does.
struct SimulatedAnswer: Sendable {
    enum Ending: Sendable {
        case complete
        case fails(LLMError)
        /// The connection, used before, fails before the first byte.
        case isStale
    }

    /// How long it takes.
    var time: Duration = .seconds(1)
    /// How long the first piece takes, and each that follows it; nil where one half is said at once and the other in the end.
    var pace: (first: Duration, next: Duration)?
    /// What it says until then.
    var pieces: [String] = []
    var ending = Ending.complete
    /// How a complete one ends.
    var finish = "stop"
    /// The connection that it is lost with, where it is lost with one.
    var lostConnection: UInt64?
    /// The usage that it reports.
    var usage: TokenUsage?
    /// The limits that its headers tell.
    var rateLimits: RateLimitReport?

    static func says(_ pieces: String..., after time: Duration = .seconds(1)) -> SimulatedAnswer {
        SimulatedAnswer(time: time, pieces: pieces)
    }

    static func fails(
        _ kind: ErrorKind, after time: Duration = .seconds(1), saying pieces: [String] = [],
        retryAfter: Duration? = nil
    ) -> SimulatedAnswer {
        SimulatedAnswer(
            time: time, pieces: pieces, ending: .fails(LLMError(kind, "on purpose", retryAfter: retryAfter)))
    }

    static let isStale = SimulatedAnswer(time: .milliseconds(1), ending: .isStale)
}

/// A provider that answers by a script, in simulated time.
final class SimulatedCompletionSource: CompletionSource {
    private struct State {
        var calls: [SimulatedCall] = []
        var attempts: [Int: Int] = [:]
        var open = 0
        var peak = 0
    }

    private let simulation: Simulation
    private let keepsCalls: Bool
    private let script: @Sendable (SimulatedCall) -> SimulatedAnswer
    private let state = Mutex(State())

    init(
        _ simulation: Simulation, keepsCalls: Bool = true,
        script: @escaping @Sendable (SimulatedCall) -> SimulatedAnswer
    ) {
        self.simulation = simulation
        self.keepsCalls = keepsCalls
        self.script = script
    }

    /// All calls, in order.
    var calls: [SimulatedCall] { state.withLock { $0.calls } }
    /// The streams open now, and the most that were open at once.
    var open: Int { state.withLock { $0.open } }
    var peak: Int { state.withLock { $0.peak } }

    /// A request of the simulation, before it is sent.
    final class Attempt: CompletionAttempt {
        private let source: SimulatedCompletionSource
        private let request: ProviderRequest
        private let endpoint: Endpoint
        private let receiver: any ChunkReceiver
        private let sleeper: Int

        fileprivate init(
            _ source: SimulatedCompletionSource, _ request: ProviderRequest, _ endpoint: Endpoint,
            _ receiver: any ChunkReceiver
        ) {
            self.source = source
            self.request = request
            self.endpoint = endpoint
            self.receiver = receiver
            sleeper = source.simulation.clock.newSleeper()
        }

        func run(onEnd: @escaping @Sendable (StreamResultBox) -> Void) {
            Task(executorPreference: source.simulation.executor) { [self] in
                onEnd(StreamResultBox(await source.stream(request, to: endpoint, receiver: receiver, sleeper)))
            }
        }

        func cancel() { source.simulation.clock.giveUp(sleeper) }
    }

    func attempt(
        _ request: consuming ProviderRequest, to endpoint: Endpoint, receiver: any ChunkReceiver
    ) -> Attempt {
        Attempt(self, request, endpoint, receiver)
    }

    private func stream(
        _ request: ProviderRequest, to endpoint: Endpoint, receiver: any ChunkReceiver, _ sleeper: Int
    ) async -> StreamResult {
        let answer = script(open(request, endpoint))
        defer { state.withLock { $0.open -= 1 } }
        var accumulator = StreamingAccumulator(dialect: .openAIChat)
        let said = answer.pace == nil ? answer.pieces.count / 2 : answer.pieces.count
        do {
            if let pace = answer.pace {
                try await say(answer.pieces, pace, to: receiver, &accumulator, sleeper)
            } else {
                send(answer.pieces.prefix(said), to: receiver, &accumulator)
            }
            try await simulation.clock.sleep(until: simulation.clock.now.advanced(by: answer.time), as: sleeper)
        } catch {
            return StreamResult(outcome: .failed(LLMError(.cancelled, "cancelled")), accumulator: accumulator)
        }
        send(answer.pieces.dropFirst(said), to: receiver, &accumulator)
        switch answer.ending {
        case .fails(let error):
            var result = StreamResult(outcome: .failed(error), accumulator: accumulator)
            result.usage = answer.usage
            result.rateLimits = answer.rateLimits
            result.lostConnection = answer.lostConnection
            return result
        case .isStale:
            return StreamResult(outcome: .failed(LLMError(.connect, "reset")), isStaleConnection: true)
        case .complete:
            accumulator.add(StreamedChunk(.finish, answer.finish))
            if let usage = answer.usage { accumulator.add(StreamedChunk(.usage, JSON.object(usage.raw).text)) }
            do {
                var result = StreamResult(
                    outcome: .completed(try accumulator.completion(isComplete: true)), accumulator: accumulator)
                result.rateLimits = answer.rateLimits
                // One half is said at once, the other in the end.
                result.firstChunkMicroseconds = said > 0 ? 0 : answer.time.microseconds
                result.gaps.add(microseconds: answer.time.microseconds)
                return result
            } catch {
                return StreamResult(outcome: .failed(error), accumulator: accumulator)
            }
        }
    }

    private func say(
        _ pieces: [String], _ pace: (first: Duration, next: Duration), to receiver: any ChunkReceiver,
        _ accumulator: inout StreamingAccumulator, _ sleeper: Int
    ) async throws {
        var wait = pace.first
        for piece in pieces {
            try await simulation.clock.sleep(until: simulation.clock.now.advanced(by: wait), as: sleeper)
            send([piece], to: receiver, &accumulator)
            wait = pace.next
        }
    }

    private func open(_ request: ProviderRequest, _ endpoint: Endpoint) -> SimulatedCall {
        let body = try? JSONParser.parse(request.body)
        let messages = body?["messages"]?.array ?? []
        let prompt = messages.first { $0["role"] == "user" }?["content"]?.string ?? ""
        let last = messages.last.flatMap { $0["role"] == "assistant" ? $0["content"]?.string : nil }
        return state.withLock { state in
            state.open += 1
            state.peak = max(state.peak, state.open)
            let job = Int(prompt.dropFirst(4)) ?? 0
            state.attempts[job, default: 0] += 1
            let call = SimulatedCall(
                job: job, attempt: state.attempts[job] ?? 0, provider: endpoint.provider.name,
                endpoint: endpoint.origin.port - 9,
                model: body?["model"]?.string ?? "", prefix: last,
                maximumTokens: body?["max_tokens"]?.int, temperature: body?["temperature"]?.double,
                correction: messages.count > 2 ? messages.last?["content"]?.string : nil,
                firstTokenTimeout: request.firstTokenTimeout,
                time: simulation.clock.elapsed)
            if keepsCalls { state.calls.append(call) }
            return call
        }
    }

    private func send(
        _ pieces: some Sequence<String>, to receiver: any ChunkReceiver, _ accumulator: inout StreamingAccumulator
    ) {
        let chunks = pieces.map { StreamedChunk(.text, $0) }
        guard !chunks.isEmpty else { return }
        _ = receiver.receive(chunks, atMicroseconds: simulation.clock.now.nanoseconds / 1000)
        for chunk in chunks { accumulator.add(chunk) }
    }
}

extension Duration {
    fileprivate var microseconds: Int64 { Int64(self / .microseconds(1)) }
}
