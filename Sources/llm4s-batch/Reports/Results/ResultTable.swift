import BatchEngine
import BatchStore
import LLMStreaming

/// Jobs as rows of chosen columns: one for each answer, or one for a job without any.
struct ResultTable: Sendable {
    let columns: [ResultColumn]

    /// Whether the jobs' requests are read for it.
    var needsRequests: Bool {
        columns.contains { if case .own(let name) = $0.value { name.isOfRequest } else { false } }
    }

    /// The row of names (RFC 4180).
    func head(isForTerminal: Bool) -> String { Self.record(columns.map(\.heading), isForTerminal) }

    /// The rows of a job as comma-separated values; an answer that is not complete has its partial text as content.
    func rows(_ result: JobResult, partial: StoredPartial?, isForTerminal: Bool) -> String {
        values(result, partial).map { row in Self.record(row.map(Self.text), isForTerminal) }.joined()
    }

    /// The rows of a job as JSON objects; what it lacks is null.
    func objects(_ result: JobResult, partial: StoredPartial?) -> [JSON] {
        values(result, partial).map { row in
            .object(JSONObject(zip(columns, row).map { JSONObject.Member(key: $0.heading, value: $1) }))
        }
    }

    // MARK: - Values

    private typealias Values = [ResultColumn.Name: JSON]

    private func values(_ result: JobResult, _ partial: StoredPartial?) -> [[JSON]] {
        var answers: [Values] = result.completions.map(Self.values)
        if answers.isEmpty { answers = partial?.answer.choices.map(Self.values) ?? [] }
        if answers.isEmpty { answers = [[.choice: .int(0)]] }
        let job = values(result)
        let metadata = result.job.metadata.flatMap(JSON.parsed)?.object
        return answers.map { answer in
            columns.map { column in
                switch column.value {
                case .own(let name): answer[name] ?? job[name] ?? .null
                case .metadata(let name): metadata?[name] ?? .null
                }
            }
        }
    }

    private func values(_ result: JobResult) -> Values {
        let job = result.job
        var values: Values = [
            .id: .string(job.customID), .status: .string(job.status.rawValue), .provider: .string(job.provider),
            .model: .string(job.model), .attempts: .int(job.attempts), .source: .string(job.source),
            .baseID: .string(job.baseID), .sample: .int(job.sample ?? 1),
        ]
        values[.line] = job.line.map(JSON.int)
        values[.metadata] = job.metadata.flatMap(JSON.parsed)
        values[.httpStatus] = result.httpStatus.map(JSON.int)
        values[.requestID] = result.requestID.map(JSON.string)
        values[.ttft] = result.firstChunkMicroseconds.map { .int(Int($0)) }
        values[.duration] = result.durationMicroseconds.map { .int(Int($0)) }
        if let request = result.request.flatMap(JSON.parsed) {
            values[.request] = request
            values[.prompt] = AskedText.text(of: request).map(JSON.string)
        }
        if job.status != .completed {
            values[.errorKind] = job.errorKind.map(JSON.string)
            values[.error] = job.error.map(JSON.string)
        }
        return values
    }

    private static func values(_ completion: StoredCompletion) -> Values {
        var values: Values = [
            .choice: .int(completion.choice), .content: .string(completion.content),
            .finishReason: .string(completion.finishReason.rawValue),
            .usageSource: .string(completion.usageSource.rawValue), .segments: .int(completion.segments),
        ]
        values[.model] = completion.model.map(JSON.string)
        values[.reasoning] = completion.reasoning.map(JSON.string)
        values[.refusal] = completion.refusal.map(JSON.string)
        values[.toolCalls] = completion.toolCalls.flatMap(JSON.parsed)
        values[.promptTokens] = completion.promptTokens.map(JSON.int)
        values[.completionTokens] = completion.completionTokens.map(JSON.int)
        values[.totalTokens] = completion.totalTokens.map(JSON.int)
        values[.cachedTokens] = completion.cachedTokens.map(JSON.int)
        values[.reasoningTokens] = completion.reasoningTokens.map(JSON.int)
        values[.costUSD] = completion.costUSD.map(JSON.double)
        values[.ttft] = completion.firstChunkMicroseconds.map { .int(Int($0)) }
        values[.duration] = completion.durationMicroseconds.map { .int(Int($0)) }
        values[.responseID] = completion.responseID.map(JSON.string)
        values[.check] = (completion.check?.rawValue).map(JSON.string)
        values[.checkReport] = completion.checkReport.flatMap(JSON.parsed)
        values[.copiedFrom] = completion.copiedFrom.map(JSON.string)
        return values
    }

    private static func values(_ choice: PartialAnswer.Choice) -> Values {
        var values: Values = [.choice: .int(choice.index), .content: .string(choice.text)]
        values[.reasoning] = choice.reasoning.isEmpty ? nil : .string(choice.reasoning)
        values[.refusal] = choice.refusal.isEmpty ? nil : .string(choice.refusal)
        if !choice.toolCalls.isEmpty { values[.toolCalls] = .array(choice.toolCalls.map(\.json)) }
        return values
    }

    // MARK: - Comma-separated values

    /// A text as it is, nothing for null, anything else as JSON.
    private static func text(_ value: JSON) -> String {
        switch value {
        case .string(let text): text
        case .null: ""
        default: value.text
        }
    }

    private static func record(_ fields: [String], _ isForTerminal: Bool) -> String {
        fields.map { field($0, isForTerminal) }.joined(separator: ",") + "\r\n"
    }

    /// The field, in quotes where it holds what would end it or blanks that a reader may drop.
    private static func field(_ text: String, _ isForTerminal: Bool) -> String {
        let text = isForTerminal ? TerminalText.safe(text) : text
        let isPlain = text.utf8.allSatisfy { !",\"\r\n".utf8.contains($0) } && text.first != " " && text.last != " "
        return isPlain ? text : "\"\(text.replacing("\"", with: "\"\""))\""
    }
}

/// The text that a stored request asks with: its prompt, else the text of its last user message.
enum AskedText {
    /// The text; nil where there is none, as in a request of images alone.
    static func text(of request: JSON) -> String? {
        if let prompt = request["prompt"]?.string { return prompt }
        guard let holder = [request, request["body"], request["params"]].compactMap({ $0 }).first(where: isAsking)
        else {
            return nil
        }
        if let input = holder["input"]?.string { return input }
        let turns = holder["messages"]?.array ?? holder["input"]?.array ?? []
        return turns.last { $0["role"] == "user" }.flatMap { said($0["content"]) }
    }

    private static func isAsking(_ json: JSON) -> Bool { json["messages"] != nil || json["input"] != nil }

    /// A text, or the texts of parts, a line each.
    private static func said(_ content: JSON?) -> String? {
        if let text = content?.string { return text }
        let texts = content?.array?.compactMap { $0["text"]?.string } ?? []
        return texts.isEmpty ? nil : texts.joined(separator: "\n")
    }
}
