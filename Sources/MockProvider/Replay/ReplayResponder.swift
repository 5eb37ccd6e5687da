import NIOCore
import NIOHTTP1

/// Responds to requests about stored runs: for the rest of the stream, for the state, to cancel.
///
/// The forms of llama.cpp were seen on its server; those of Responses are OpenAI's. Provider facts, "Resuming a stream".
struct ReplayResponder {
    let runs: RunStore
    let form: ResponseForm
    let now: NIODeadline

    /// The response for a path of stored runs; the path takes the method.
    func response(to method: HTTPMethod, _ place: StoredRunPlace, query: PathQuery) -> Response {
        switch place {
        case .conversation: method == .DELETE ? endOfConversation(query) : conversation(query)
        case .response(let id): method == .DELETE ? deletion(of: id) : response(id, query)
        case .cancellation(let id): cancellation(of: id)
        }
    }

    private func conversation(_ query: PathQuery) -> Response {
        guard let id = query["conv_id"] else { return Self.missingID(form) }
        // llama.cpp's offset is unsigned: a negative one lies beyond the end.
        guard let from = query["from"].map(Int.init) ?? 0 else {
            return Self.llamaError(400, "Invalid 'from' offset", "invalid_request_error", form)
        }
        guard let run = runs[id], run.countReplay() else {
            return Self.llamaError(404, "File Not Found", "not_found_error", form)
        }
        let first = run.behavior.replaysAnew ? 0 : from < 0 ? .max : from
        return form.replay(run.replay(fromByte: first), behavior: run.behavior)
    }

    private func endOfConversation(_ query: PathQuery) -> Response {
        guard let id = query["conv_id"] else { return Self.missingID(form) }
        return refunding(runs.remove(id: id)?.cancel(at: now), form.empty(status: .noContent))
    }

    private func response(_ id: String, _ query: PathQuery) -> Response {
        guard let run = runs[id] else { return Self.unknown(id, form) }
        guard query["stream"] == "true" else { return form.json(run.snapshot(at: now), status: .ok) }
        guard run.isStreamed, !run.behavior.refusesReplay else {
            return Self.openAIError(
                400, "This response was not created with stream=true, so it cannot be streamed.", form)
        }
        guard let after = query["starting_after"].map(Int.init) ?? -1 else {
            return Self.openAIError(400, "Invalid 'starting_after': expected an integer.", form)
        }
        guard run.countReplay() else { return Self.unknown(id, form) }
        return form.replay(run.replay(after: run.behavior.replaysAnew ? -1 : after), behavior: run.behavior)
    }

    private func cancellation(of id: String) -> Response {
        guard let run = runs[id] else { return Self.unknown(id, form) }
        let refund = run.isUnfinished(at: now) ? run.cancel(at: now) : nil
        return refunding(refund, form.json(run.snapshot(at: now), status: .ok))
    }

    private func deletion(of id: String) -> Response {
        guard let run = runs.remove(id: id) else { return Self.unknown(id, form) }
        return refunding(
            run.cancel(at: now), form.json(["id": .string(id), "object": "response", "deleted": true], status: .ok))
    }

    private func refunding(_ tokens: Int?, _ response: Response) -> Response {
        var response = response
        response.account.refundedTokens = tokens ?? 0
        return response
    }

    private static func missingID(_ form: ResponseForm) -> Response {
        llamaError(400, "Missing conversation id in path", "invalid_request_error", form)
    }

    private static func unknown(_ id: String, _ form: ResponseForm) -> Response {
        openAIError(404, "Response with id '\(id)' not found.", form)
    }

    private static func llamaError(_ status: Int, _ message: String, _ type: String, _ form: ResponseForm) -> Response {
        form.json(
            ["error": ["message": .string(message), "type": .string(type), "code": .number(String(status))]],
            status: HTTPResponseStatus(statusCode: status))
    }

    private static func openAIError(_ status: Int, _ message: String, _ form: ResponseForm) -> Response {
        form.json(
            ["error": ["message": .string(message), "type": "invalid_request_error", "param": nil, "code": nil]],
            status: HTTPResponseStatus(statusCode: status))
    }
}
