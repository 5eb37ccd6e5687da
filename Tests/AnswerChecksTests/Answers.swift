import AnswerChecks
import LLMStreaming

/// Answers of a provider, by their chunks: what the watch sees and the judgement is of.
struct Answer {
    var chunks: [StreamedChunk]

    /// One choice with a text.
    init(_ text: String, finish: String = "stop") {
        self.init([StreamedChunk(.text, text), StreamedChunk(.finish, finish)])
    }

    init(_ chunks: [StreamedChunk]) { self.chunks = chunks }

    /// Calls of tools, and perhaps a text before them.
    init(calls: [(name: String, arguments: String)], text: String = "", finish: String = "tool_calls") {
        chunks = text.isEmpty ? [] : [StreamedChunk(.text, text)]
        for (item, call) in calls.enumerated() {
            let opening: JSON = ["id": .string("call_\(item)"), "name": .string(call.name)]
            chunks.append(StreamedChunk(.toolCall, opening.text, item: item))
            chunks.append(StreamedChunk(.toolArguments, call.arguments, item: item))
        }
        chunks.append(StreamedChunk(.finish, finish))
    }

    var completion: Completion {
        get throws {
            var accumulator = StreamingAccumulator()
            for chunk in chunks { accumulator.add(chunk) }
            return try accumulator.completion(isComplete: true)
        }
    }

    /// The chunks with their texts cut behind each character.
    var pieces: [StreamedChunk] {
        chunks.flatMap { chunk -> [StreamedChunk] in
            guard chunk.kind != .toolCall, chunk.kind != .finish else { return [chunk] }
            return chunk.text.unicodeScalars.map {
                StreamedChunk(chunk.kind, String($0), choice: chunk.choice, item: chunk.item)
            }
        }
    }
}

extension RequestContent {
    static let plain = conversation()

    /// A conversation with options, and members of the body.
    static func conversation(_ options: JSON = [:], extraBody: JSON = [:]) -> RequestContent {
        .conversation(
            Conversation(prompt: "?"), CompletionOptions(members: options.object ?? JSONObject()),
            extraBody: extraBody.object ?? JSONObject())
    }

    static func body(_ body: JSON, _ dialect: Dialect = .openAIChat) -> RequestContent {
        .body(body.object ?? JSONObject(), dialect)
    }

    /// Two tools with parameters, one without, one of OpenAI's custom ones.
    static let withTools = conversation([
        "tools": [
            [
                "type": "function",
                "function": [
                    "name": "weather",
                    "parameters": [
                        "type": "object", "properties": ["city": ["type": "string"], "days": ["type": "integer"]],
                        "required": ["city"], "additionalProperties": false,
                    ],
                ],
            ],
            ["type": "function", "function": ["name": "weather_map", "parameters": ["required": ["zoom"]]]],
            ["type": "function", "function": ["name": "now"]],
            ["type": "custom", "custom": ["name": "shell"]],
        ]
    ])
}

extension CompiledCheck {
    /// The check of a job line, for a request.
    convenience init(_ json: JSON, for content: RequestContent = .plain) throws {
        try self.init(AnswerCheck(json), for: content)
    }

    /// The check in JSON.
    convenience init(text: String, for content: RequestContent = .plain) throws {
        try self.init(JSONParser.parse(text), for: content)
    }

    /// Where a watch stops: the number of the piece, and why.
    func stop(in pieces: [StreamedChunk]) -> (index: Int, stop: AnswerWatch.Stop)? {
        var watch = AnswerWatch(self, stopsEarly: true, stopsLoops: false)
        for (index, piece) in pieces.enumerated() {
            if let stop = watch.add(piece) { return (index, stop) }
        }
        return nil
    }
}

extension AnswerJudgement {
    var isRight: Bool { outcome == .ok || outcome == .mended }
}

extension AnswerWatch.Stop {
    var finding: AnswerFinding? { if case .invalid(let finding) = self { finding } else { nil } }

    var loop: (part: String, loop: RepeatedText)? {
        if case .loop(let part, let loop) = self { (part, loop) } else { nil }
    }
}
