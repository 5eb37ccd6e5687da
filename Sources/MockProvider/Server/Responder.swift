import NIOCore
import NIOHTTP1
import Synchronization

/// Decides the reply to each request.
///
/// It touches no socket; what it remembers is the tries of each request and the stored runs.
final class Responder: Sendable {
    private let configuration: MockConfiguration
    /// Different in each server, so that ids differ between servers.
    private let instance: UInt64
    private let tries = Mutex(TryCounter())
    private let runs = RunStore()

    init(configuration: MockConfiguration, instance: UInt64) {
        self.configuration = configuration
        self.instance = instance
    }

    /// The reply to a request for an answer.
    func reply(to request: MockRequest, body: ReceivedBody, dialect: Dialect) -> Reply {
        let id = Hash64.mix(instance ^ UInt64(request.number))
        do {
            try checkKey(of: request)
            let (behavior, modelName) = try self.behavior(for: request)
            return try reply(
                to: request, body: body, modelName: modelName, behavior: behavior,
                fault: fault(of: behavior, for: request, body: body, modelName: modelName),
                form: ResponseForm(dialect: dialect, id: id))
        } catch {
            return .response(ResponseForm(dialect: dialect, id: id).response(for: error, fault: MockFault()))
        }
    }

    private func reply(
        to request: MockRequest, body: ReceivedBody, modelName: String, behavior: MockBehavior, fault: MockFault,
        form: ResponseForm
    ) throws(ProviderFailure) -> Reply {
        if fault.dropsConnection { return .drop }
        if fault.silence == .beforeHeaders { return .silence }
        if fault.sendsHTML { return .response(form.page(fault: fault)) }
        if let status = fault.status {
            return .response(form.response(for: ProviderFailure(status: status, fault: fault), fault: fault))
        }
        let answerRequest: AnswerRequest
        switch body {
        case .read(let read): answerRequest = read
        case .unreadable(let failure): throw failure
        }
        if let objection = RequestCheck.objection(to: answerRequest, dialect: form.dialect, request: request) {
            throw ProviderFailure(status: 400, message: objection)
        }
        let composer = AnswerComposer(
            dialect: form.dialect, behavior: behavior)
        let answer = try composer.answer(to: answerRequest, modelName: modelName, id: form.id)
        guard answerRequest.stream == true, !fault.sendsWholeJSON else {
            var run: StoredRun?
            if answer.isBackground {
                run = form.run(of: answer, reportsUsage: true, behavior: behavior, fault: fault, isStreamed: false)
                _ = run.map { runs.insert($0, id: "resp_" + answer.id) }
            }
            return .response(form.completion(answer, behavior: behavior, fault: fault, run: run))
        }
        let id = storedID(of: answer, to: request, behavior: behavior)
        var (response, run) = form.stream(
            answer, reportsUsage: answerRequest.stream_options?.include_usage == true, behavior: behavior, fault: fault,
            isStored: id != nil)
        // A run that had the id before is given up, as llama.cpp does.
        if let id, let run, let before = runs.insert(run, id: id) {
            response.account.refundedTokens = before.cancel(at: .now())
        }
        return .response(response)
    }

    /// The id under which a streamed answer goes on without its client; nil where it ends with it.
    private func storedID(of answer: Answer, to request: MockRequest, behavior: MockBehavior) -> String? {
        if answer.isBackground { return "resp_" + answer.id }
        // Others ignore a header that they do not know.
        guard behavior.imitates == nil || behavior.imitates == .llamacpp else { return nil }
        return request.header("x-conversation-id")
    }

    /// The reply to what is asked about a stored run by a method that its path takes.
    func reply(to request: MockRequest, about place: StoredRunPlace) -> Reply {
        let form = ResponseForm(
            dialect: place == .conversation ? .chat : .responses, id: Hash64.mix(instance ^ UInt64(request.number)))
        do { try checkKey(of: request) } catch { return .response(form.response(for: error, fault: MockFault())) }
        let responder = ReplayResponder(runs: runs, form: form, now: .now())
        return .response(
            responder.response(to: HTTPMethod(rawValue: request.method), place, query: PathQuery(path: request.path)))
    }

    /// The behaviour that the request asks for or the script gives, and the model's name without options.
    private func behavior(for request: MockRequest) throws(ProviderFailure) -> (MockBehavior, modelName: String) {
        let scripted = configuration.script?(request)
        do {
            var behavior = configuration.defaultBehavior
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
        of behavior: MockBehavior, for request: MockRequest, body: ReceivedBody, modelName: String
    ) -> MockFault {
        guard behavior.faultTimes != nil || behavior.flakyPercent != nil else { return behavior.fault }
        var asksToGoOn = false
        if case .read(let read) = body {
            asksToGoOn = read.unfinishedTurn(modelName: modelName, behavior: behavior) != nil
        }
        let key = RequestKey.key(path: request.path, body: request.body, asksToGoOn: asksToGoOn)
        let before = tries.withLock { $0.countTry(of: key) }
        return FaultDraw(seed: configuration.seed).fault(of: behavior, request: key, tryNumber: before)
    }

    private func checkKey(of request: MockRequest) throws(ProviderFailure) {
        guard let key = configuration.requiredKey else { return }
        let given = ["x-api-key", "api-key"].compactMap(request.header)
        guard given.contains(key) || request.header("authorization") == "Bearer \(key)" else {
            throw ProviderFailure(status: 401, message: "Incorrect API key provided.")
        }
    }
}
