/// Writes the events of an OpenAI response.
///
/// Provider facts, "Responses streams"; tests compare it with recorded streams.
struct ResponsesRenderer: AnswerRenderer {
    /// The kinds of output item.
    private enum ItemKind {
        case reasoning, text, refusal, call
    }

    private let object: ResponsesObject
    private let shape: ResponsesShape
    private let errorForm: InBandErrorForm
    /// The item that is open, if any.
    private var openItem: (index: Int, kind: ItemKind)?
    private var nextIndex = 0
    private var sequence = 0
    /// The first event that is written.
    private var firstWritten = 0

    init(answer: Answer, behavior: MockBehavior) {
        object = ResponsesObject(answer: answer, staysQueued: behavior.staysQueued)
        shape = behavior.responsesShape
        errorForm = behavior.errorForm
    }

    mutating func skipEvents(through sequence: Int) { firstWritten = sequence + 1 }

    mutating func write(_ step: AnswerStep, to output: inout String) {
        switch step {
        case .open:
            let status = object.answer.isBackground ? "queued" : "in_progress"
            writeSnapshot("response.created", status: status, to: &output)
            if object.answer.isBackground { writeSnapshot("response.queued", status: status, to: &output) }
            if !object.staysQueued { writeSnapshot("response.in_progress", status: "in_progress", to: &output) }
        case .reasoning(let text):
            open(.reasoning, to: &output)
            writeDelta("response.reasoning_summary_text.delta", part: "summary_index", text, to: &output)
        case .text(_, let text):
            open(.text, to: &output)
            writeDelta("response.output_text.delta", part: "content_index", text, end: textDeltaEnd, to: &output)
        case .refusal(_, let text):
            open(.refusal, to: &output)
            writeDelta("response.refusal.delta", part: "content_index", text, to: &output)
        case .toolCall: open(.call, to: &output)
        case .toolArguments(_, let piece):
            writeDelta("response.function_call_arguments.delta", part: nil, piece, to: &output)
        case .finish(let choice):
            // An answer without words has an item too.
            switch object.answer.choices[choice].content {
            case .text: open(.text, to: &output)
            case .refusal: open(.refusal, to: &output)
            case .toolCall: open(.call, to: &output)
            }
            closeItem(to: &output)
        case .close:
            let name = shape.endsAsCompleted ? "response.completed" : "response." + object.finalStatus
            writeSnapshot(name, status: object.finalStatus, to: &output)
            writeDone(shape.sendsDone, to: &output)
        }
    }

    mutating func writeError(_ failure: ProviderFailure, withDone: Bool, to output: inout String) {
        let code = failure.chatCode ?? failure.chatType
        switch errorForm {
        case .flat:
            writeEvent(
                "error", [("code", .string(code)), ("message", .string(failure.message)), ("param", nil)], to: &output)
        case .failed: break
        default:
            let error: JSON = [
                "type": .string(failure.chatType), "code": .string(code), "message": .string(failure.message),
                "param": nil,
            ]
            writeEvent("error", [("error", error)], to: &output)
        }
        if errorForm == .failed || errorForm == .both {
            let error: JSON = ["code": .string(code), "message": .string(failure.message)]
            writeEvent("response.failed", [("response", object.snapshot(status: "failed", error: error))], to: &output)
        }
        writeDone(withDone || shape.sendsDone, to: &output)
    }

    /// A response ends with its terminal event alone.
    mutating func writeCloseWithoutDone(to output: inout String) {}

    mutating func openText(to output: inout String) -> (before: String, after: String) {
        open(.text, to: &output)
        var before = ""
        writeDeltaHead("response.output_text.delta", part: "content_index", to: &before)
        return (before + "\"", "\"" + textDeltaEnd + "}\n\n")
    }

    var completion: JSON {
        object.answer.isBackground
            ? object.snapshot(status: "queued") : object.snapshot(status: object.finalStatus)
    }

    private let textDeltaEnd = #","logprobs":[]"#

    /// Starts an item of this kind unless it is open already.
    private mutating func open(_ kind: ItemKind, to output: inout String) {
        guard openItem?.kind != kind else { return }
        closeItem(to: &output)
        openItem = (nextIndex, kind)
        nextIndex += 1
        writeEvent("response.output_item.added", [index, ("item", item(kind, isDone: false))], to: &output)
        switch kind {
        case .reasoning:
            let part: JSON = ["type": "summary_text", "text": ""]
            writeEvent(
                "response.reasoning_summary_part.added", [id, index, ("summary_index", 0), ("part", part)], to: &output)
        case .text, .refusal:
            writeEvent(
                "response.content_part.added",
                [id, index, ("content_index", 0), ("part", object.part(isDone: false))], to: &output)
        case .call: break
        }
    }

    private mutating func closeItem(to output: inout String) {
        guard let (_, kind) = openItem else { return }
        switch kind {
        case .reasoning:
            let text = JSON.string(object.answer.reasoning?.whole ?? "")
            writeEvent(
                "response.reasoning_summary_text.done", [id, index, ("summary_index", 0), ("text", text)], to: &output)
            let part: JSON = ["type": "summary_text", "text": text]
            writeEvent(
                "response.reasoning_summary_part.done", [id, index, ("summary_index", 0), ("part", part)], to: &output)
        case .text:
            let text = JSON.string(object.text)
            writeEvent(
                "response.output_text.done",
                [id, index, ("content_index", 0), ("text", text), ("logprobs", [])], to: &output)
        case .refusal:
            let text = JSON.string(object.text)
            writeEvent("response.refusal.done", [id, index, ("content_index", 0), ("refusal", text)], to: &output)
        case .call:
            let arguments = JSON.string(object.call?.arguments ?? "")
            writeEvent("response.function_call_arguments.done", [id, index, ("arguments", arguments)], to: &output)
        }
        if kind == .text || kind == .refusal {
            writeEvent(
                "response.content_part.done",
                [id, index, ("content_index", 0), ("part", object.part(isDone: true))], to: &output)
        }
        writeEvent("response.output_item.done", [index, ("item", item(kind, isDone: true))], to: &output)
        openItem = nil
    }

    private func item(_ kind: ItemKind, isDone: Bool) -> JSON {
        kind == .reasoning ? object.reasoningItem(isDone: isDone) : object.contentItem(isDone: isDone)
    }

    private var id: (key: String, value: JSON) {
        ("item_id", .string(openItem?.kind == .reasoning ? object.reasoningID : object.contentID))
    }

    private var index: (key: String, value: JSON) { ("output_index", .number(String(openItem?.index ?? 0))) }

    private mutating func writeSnapshot(_ type: String, status: String, to output: inout String) {
        writeEvent(type, [("response", object.snapshot(status: status))], to: &output)
    }

    private mutating func writeEvent(
        _ type: String, _ members: [(key: String, value: JSON)], to output: inout String
    ) {
        guard beginEvent(type, to: &output) else { return }
        for member in members where !shape.omitsIndices || !member.key.hasSuffix("_index") {
            output += ",\"\(member.key)\":"
            output.appendJSON(member.value)
        }
        output += "}\n\n"
    }

    /// Writes nearly every event, without making a JSON value.
    private mutating func writeDelta(
        _ type: String, part: String?, _ text: String, end: String = "", to output: inout String
    ) {
        guard writeDeltaHead(type, part: part, to: &output) else { return }
        output.appendJSONString(text)
        output += end
        output += "}\n\n"
    }

    @discardableResult
    private mutating func writeDeltaHead(_ type: String, part: String?, to output: inout String) -> Bool {
        guard beginEvent(type, to: &output) else { return false }
        output += ",\"item_id\":\"\(openItem?.kind == .reasoning ? object.reasoningID : object.contentID)\""
        if !shape.omitsIndices {
            output += ",\"output_index\":\(openItem?.index ?? 0)"
            if let part { output += ",\"\(part)\":0" }
        }
        output += ",\"delta\":"
        return true
    }

    /// Writes an event up to its sequence number.
    ///
    /// - Returns: Whether the event is written at all.
    private mutating func beginEvent(_ type: String, to output: inout String) -> Bool {
        let number = sequence
        sequence += 1
        guard number >= firstWritten else { return false }
        if !shape.omitsEventNames { output += "event: \(type)\n" }
        output += "data: {\"type\":\"\(type)\""
        if !shape.omitsSequenceNumbers { output += ",\"sequence_number\":\(number)" }
        return true
    }

    private func writeDone(_ isSent: Bool, to output: inout String) {
        if isSent { output += "data: [DONE]\n\n" }
    }
}
