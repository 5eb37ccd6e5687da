import NIOCore
import NIOHTTP1
import Synchronization

/// Decides the reply to each request.
///
/// It touches no socket; it remembers the attempts of each request and the stored runs.
final class Responder: Sendable {
    private let configuration: MockConfiguration
    private let controls: Controls
    /// Different in each server, so that ids differ between servers.
    private let instance: UInt64
    private let attempts = Mutex(AttemptCounter())
    private let runs = RunStore()

    init(configuration: MockConfiguration, controls: Controls, instance: UInt64) {
        self.configuration = configuration
        self.controls = controls
        self.instance = instance
    }

    /// The reply to a request for an answer.
    func reply(to request: MockRequest, body: ReceivedBody, dialect: Dialect) -> Reply {
        controls.requestReceived(number: request.number)
        let id = Hash64.mix(instance ^ UInt64(request.number))
        var admission: Admission?
        do throws(ProviderFailure) {
            try checkKey(of: request)
            let (behavior, modelName) = try self.behavior(for: request)
            try checkModel(modelName)
            admission = self.admission(
                of: request, body: body, dialect: dialect, modelName: modelName, behavior: behavior)
            let form = ResponseForm(dialect: dialect, id: id, admission: admission)
            if let admission, !admission.isAdmitted { throw admission.refusal(of: request.model) }
            return try reply(
                to: request, body: body, modelName: modelName, behavior: behavior,
                fault: fault(of: behavior, for: request, body: body, dialect: dialect, modelName: modelName),
                form: form)
        } catch {
            let form = ResponseForm(dialect: dialect, id: id, admission: admission)
            return .response(form.response(for: error, fault: MockFault()))
        }
    }

    private func reply(
        to request: MockRequest, body: ReceivedBody, modelName: String, behavior: MockBehavior, fault: MockFault,
        form: ResponseForm
    ) throws(ProviderFailure) -> Reply {
        if fault.dropsConnection { return .drop }
        if fault.resetsConnection { return .reset }
        if fault.silence == .beforeHeaders { return .silence }
        if fault.sendsHTML { return .response(form.page(fault: fault)) }
        if let status = fault.status {
            return .response(form.response(for: ProviderFailure(status: status, fault: fault), fault: fault))
        }
        if let recording = configuration.recording {
            return .response(form.playing(recording, behavior: behavior, fault: fault))
        }
        let answerRequest: AnswerRequest
        switch body {
        case .read(let read): answerRequest = read
        case .unreadable(let failure): throw failure
        }
        if let objection = RequestCheck.objection(to: answerRequest, dialect: form.dialect, request: request) {
            throw ProviderFailure(status: 400, message: objection)
        }
        if fault.refusesSchema, let schema = RequestedSchema(of: answerRequest, dialect: form.dialect) {
            throw schema.refusal(fault: fault, dialect: form.dialect)
        }
        let composer = AnswerComposer(
            dialect: form.dialect, behavior: fault.prefill.map(behavior.prefilling) ?? behavior, wrong: fault.wrong)
        var answer = try composer.answer(to: answerRequest, modelName: modelName, id: form.id)
        let ticket = try ticket(for: &answer, to: request, body: answerRequest)
        guard answerRequest.stream == true, !fault.sendsWholeJSON else {
            var run: StoredRun?
            if answer.isBackground {
                run = form.run(of: answer, reportsUsage: true, behavior: behavior, fault: fault, isStreamed: false)
                _ = run.map { runs.insert($0, id: "resp_" + answer.id) }
            }
            let response = form.completion(answer, behavior: behavior, fault: fault, run: run)
            guard let ticket else { return .response(response) }
            return .response(
                response.paced(by: ticket, answer) {
                    form.completion($0, behavior: behavior, fault: fault, run: nil)
                })
        }
        let id = storedID(of: answer, to: request, behavior: behavior)
        let reportsUsage = answerRequest.stream_options?.include_usage == true
        var (response, run) = form.stream(
            answer, reportsUsage: reportsUsage, behavior: behavior, fault: fault, isStored: id != nil)
        if let ticket {
            response = response.paced(by: ticket, answer) {
                form.stream($0, reportsUsage: reportsUsage, behavior: behavior, fault: fault, isStored: false).response
            }
        }
        // A run that had the id before is cancelled, as llama.cpp does.
        if let id, let run, let before = runs.insert(run, id: id) {
            response.account.refundedTokens = before.cancel(at: .now())
        }
        return .response(response)
    }

    /// A place at the server for an answer, which gets its prompt's tokens; nil where the capacity is not limited.
    ///
    /// A response in the background needs none.
    private func ticket(
        for answer: inout Answer, to request: MockRequest, body: AnswerRequest
    ) throws(ProviderFailure) -> CapacityTicket? {
        guard let capacity = controls.capacity, !answer.isBackground else { return nil }
        let prompt = PromptBlocks(of: body)
        answer.promptTokens = prompt.tokens
        return try capacity.arrive(request.number, prompt: prompt, outputTokens: answer.completionTokens)
    }

    /// The id under which a streamed answer goes on without its client; nil where it ends with it.
    private func storedID(of answer: Answer, to request: MockRequest, behavior: MockBehavior) -> String? {
        if answer.isBackground { return "resp_" + answer.id }
        // Other servers ignore a header that they do not know; one of limited capacity is such a server.
        guard controls.capacity == nil else { return nil }
        guard behavior.imitates == nil || behavior.imitates == .llamacpp else { return nil }
        return request.header("x-conversation-id")
    }

    /// The models that it lists: the known ones, else a few of all that there are.
    var models: [String] { configuration.knownModels?.sorted() ?? ["slow", "flaky", "count-100"] }

    /// Whether the server has metrics: where its capacity is limited.
    var hasMetrics: Bool { controls.capacity != nil }

    /// The metrics of a server that has them.
    var metrics: String {
        controls.capacity?.metrics(modelName: configuration.knownModels?.sorted().first ?? "mock") ?? ""
    }

    /// The reply to a request about a stored run; the path takes the method.
    func reply(to request: MockRequest, about place: StoredRunPlace) -> Reply {
        let form = ResponseForm(
            dialect: place == .conversation ? .chat : .responses, id: Hash64.mix(instance ^ UInt64(request.number)))
        do { try checkKey(of: request) } catch { return .response(form.response(for: error, fault: MockFault())) }
        let responder = ReplayResponder(runs: runs, form: form, now: .now())
        return .response(
            responder.response(to: HTTPMethod(rawValue: request.method), place, query: PathQuery(path: request.path)))
    }

    /// The limiter's decision about a request; nil where nothing is limited.
    private func admission(
        of request: MockRequest, body: ReceivedBody, dialect: Dialect, modelName: String, behavior: MockBehavior
    ) -> Admission? {
        guard !controls.limiter.limits.isUnlimited else { return nil }
        var tokens = 0
        // A request that will be refused costs no tokens.
        if case .read(let read) = body,
            RequestCheck.objection(to: read, dialect: dialect, request: request) == nil,
            let answer = try? AnswerComposer(dialect: dialect, behavior: behavior)
                .answer(to: read, modelName: modelName, id: 0)
        {
            tokens = answer.promptTokens + answer.completionTokens
        }
        return controls.limiter.admit(key: keys(of: request).first ?? "", tokens: tokens, now: .now())
    }

    private func checkModel(_ name: String) throws(ProviderFailure) {
        guard let known = configuration.knownModels, !name.isEmpty, !known.contains(name) else { return }
        throw ProviderFailure(
            status: 404, message: "The model '\(name)' does not exist or you do not have access to it.")
    }

    /// The behaviour by the script or by the request's options, and the model's name without options.
    private func behavior(for request: MockRequest) throws(ProviderFailure) -> (MockBehavior, modelName: String) {
        let scripted = configuration.script?(request)
        do {
            var behavior = controls.behavior
            let modelName = try behavior.apply(modelName: request.model)
            try behavior.apply(query: request.path)
            if let options = request.header("x-mock") {
                try behavior.apply(options: options.split(separator: ",").map { $0.trimmingSpaces() })
            }
            return (scripted ?? behavior, modelName)
        } catch {
            if let scripted { return (scripted, request.model) }
            throw ProviderFailure(status: 400, message: error.description)
        }
    }

    private func fault(
        of behavior: MockBehavior, for request: MockRequest, body: ReceivedBody, dialect: Dialect, modelName: String
    ) -> MockFault {
        guard behavior.faultTimes != nil || behavior.flakyPercent != nil || behavior.storm != nil else {
            return behavior.fault
        }
        var messagesBehind = 0
        if case .read(let read) = body {
            messagesBehind =
                AnswerSource(body: read, dialect: dialect, modelName: modelName, behavior: behavior).messagesBehind
        }
        let key = RequestKey.key(path: request.path, body: request.body, messagesBehind: messagesBehind)
        let before = attempts.withLock { $0.countAttempt(of: key) }
        return FaultDraw(seed: configuration.seed).fault(of: behavior, request: key, attemptsBefore: before)
    }

    private func checkKey(of request: MockRequest) throws(ProviderFailure) {
        guard let key = configuration.requiredKey else { return }
        guard keys(of: request).contains(key) else {
            throw ProviderFailure(status: 401, message: "Incorrect API key provided.")
        }
    }

    /// The keys in a request's headers.
    private func keys(of request: MockRequest) -> [String] {
        let bearer = request.header("authorization").flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
        return [bearer, request.header("x-api-key"), request.header("api-key")].compactMap(\.self)
    }
}
