package import LLMStreaming

/// A command on its way to the worker: one line of JSON (Contract, "Control").
package struct ControlRequest: Sendable, Equatable {
    package var command: ControlCommand
    /// Whether later runs take it over.
    package var isKept: Bool

    /// A command.
    ///
    /// - Throws: where it cannot be taken over and shall be.
    package init(_ command: ControlCommand, isKept: Bool = false) throws(ControlFault) {
        guard !isKept || command.isKeepable else {
            throw .usage("only concurrency, rpm, tpm and max-cost can be kept for the next run")
        }
        self.command = command
        self.isKept = isKept
    }

    /// Reads a line.
    package init(line: [UInt8]) throws(ControlFault) {
        guard let members = (try? JSONParser.parse(line))?.object else {
            throw .usage("a command is one JSON object in a line")
        }
        for member in members.members where !["command", "value", "ids", "keep"].contains(member.key) {
            throw .usage("a command has no member '\(member.key.shortened(toBytes: 64))'")
        }
        guard let word = members["command"]?.string else { throw .usage("the member command must be a text") }
        guard let name = ControlCommand.Name(rawValue: word) else {
            throw .usage("there is no command '\(word.shortened(toBytes: 64))'")
        }
        var values: [String] = []
        switch members["value"] {
        case nil, .null?: break
        case .string(let text)?, .number(let text)?: values = [text]
        default: throw .usage("the member value must be a text or a number")
        }
        if let ids = members["ids"] {
            let texts = ids.array?.compactMap(\.string)
            guard let texts, texts.count == ids.array?.count, values.isEmpty else {
                throw .usage("the member ids must be a list of texts, without a value")
            }
            values = texts
        }
        let keep = members["keep"] ?? false
        guard let isKept = keep.bool else { throw .usage("the member keep must be true or false") }
        try self.init(ControlCommand(name, values), isKept: isKept)
    }

    /// The line, without its end.
    package var line: [UInt8] {
        var object = JSONObject()
        object["command"] = .string(command.name.rawValue)
        switch command {
        case .cancel(let ids), .now(let ids): object["ids"] = .array(ids.map(JSON.string))
        default: object["value"] = command.value.map(JSON.string)
        }
        if isKept { object["keep"] = true }
        return JSON.object(object).bytes
    }
}

/// What a run answers once a command holds.
package struct ControlAnswer: Sendable {
    /// A job that a command named, and what it is now.
    package struct JobState: Sendable, Equatable {
        package var id: String
        /// `cancelled`, `next`, `running`, `completed`, `failed`, or `elsewhere` where it is not of this run.
        package var state: String
    }

    package var request: ControlRequest
    /// The streams that are open.
    package var streams = 0
    /// Those of them that are beyond what was set, and go on; of cancelled jobs those that were closed.
    package var streamsOver = 0
    /// The jobs that were named.
    package var jobs: [JobState] = []
    /// How the run stands; nil where it was not asked.
    package var status: JSON?
    /// What became of it: a sentence, or lines.
    package var text = ""

    init(_ request: ControlRequest) { self.request = request }

    /// The answer as an object.
    package var json: JSON {
        var object = JSONObject()
        object["ok"] = true
        object["command"] = .string(request.command.name.rawValue)
        switch request.command {
        case .cancel, .now:
            object["jobs"] = .array(jobs.map { ["id": .string($0.id), "state": .string($0.state)] })
        default: object["value"] = request.command.value.map(JSON.string)
        }
        if request.isKept { object["keep"] = true }
        object["streams"] = .int(streams)
        object["streams_over"] = .int(streamsOver)
        object["status"] = status
        object["message"] = .string(text)
        return .object(object)
    }
}

extension ControlFault {
    /// The fault as the answer to a command.
    package var json: JSON { ["ok": false, "kind": .string(kind.rawValue), "message": .string(message)] }

    /// Reads the fault of an answer; nil where the command holds.
    package init?(answer: JSON) {
        guard answer["ok"]?.bool != true else { return nil }
        self.init(
            answer["kind"]?.string.flatMap(Kind.init) ?? .ended,
            answer["message"]?.string ?? "the worker's answer cannot be read")
    }
}
