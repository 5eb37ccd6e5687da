/// What the answers to a request say, before they are continued, cut and streamed.
struct AnswerSource {
    let body: AnswerRequest
    let dialect: Dialect
    /// The model's name without its options.
    let modelName: String
    let behavior: MockBehavior
    /// How the answer is spoilt.
    var wrong: WrongAnswer?

    /// Words in the strings of a spoilt answer, so that much comes after the wrong place.
    private static let spoiltWords = 60

    /// The same source with another way of spoiling.
    func spoiling(_ way: WrongAnswer?) -> AnswerSource {
        var source = self
        source.wrong = way
        return source
    }

    /// The text of an answer.
    func text(answering userText: String, choice: Int = 0) -> AnswerText {
        let text = AnswerText(lastUserText: userText, model: modelName, choice: choice, behavior: behavior)
        guard behavior.answersWithJSON || behavior.fault.wrong != nil, behavior.bulk == nil else { return text }
        let content =
            if let schema = RequestedSchema(of: body, dialect: dialect)?.schema {
                content(of: schema, answering: userText, choice: choice)
            } else {
                content(
                    ["answer": .string(text.whole)], of: Self.schema(ofMember: "answer"), answering: userText,
                    choice: choice)
            }
        return AnswerText(json: content.text)
    }

    /// The arguments of a tool's call; without a schema, what is asked.
    func arguments(of tool: RequestTool, answering userText: String, choice: Int) -> (value: JSON, text: String) {
        guard let schema = tool.schema else {
            return content(
                ["query": .string(userText)], of: Self.schema(ofMember: "query"), answering: userText, choice: choice)
        }
        // Arguments are an object, whether the schema says so or not.
        let members = schema.members ?? []
        let typed = schema["type"] == nil ? JSON.object(members + [("type", "object")]) : schema
        return content(of: typed, answering: userText, choice: choice)
    }

    /// How an answer is spoilt, `any` being drawn.
    func way(answering userText: String, choice: Int) -> WrongAnswer? {
        guard wrong == .any else { return wrong }
        let ways = WrongAnswer.allCases.filter { $0 != .any && ($0 != .tool || body.tools?.isEmpty == false) }
        // The answer to a correction may be wrong in another way.
        return ways[Int(Hash64.mix(seed(userText, choice) &+ UInt64(body.corrections)) % UInt64(ways.count))]
    }

    /// Whether the first tool is called unasked.
    ///
    /// - Parameter way: How the answer is spoilt.
    func callsTool(_ way: WrongAnswer?) -> Bool {
        behavior.callsTool || behavior.fault.wrong == .tool || way == .tool
    }

    /// The messages at the end of the request that its earlier attempts did not have.
    var messagesBehind: Int {
        let added = unfinishedTurn != nil ? 2 : body.trailingAssistant != nil ? 1 : 0
        return added + body.correctionMessages(in: body.turns.dropLast(added))
    }

    private func seed(_ userText: String, _ choice: Int) -> UInt64 {
        AnswerText.seed(lastUserText: userText, model: modelName, choice: choice)
    }

    private static func schema(ofMember name: String) -> JSON {
        let properties = JSON.object([(name, ["type": "string"] as JSON)])
        return ["type": "object", "properties": properties, "required": [.string(name)]]
    }

    private func content(of schema: JSON, answering userText: String, choice: Int) -> (value: JSON, text: String) {
        let words = behavior.wordCount ?? (wrong == nil ? nil : Self.spoiltWords)
        let generator = SchemaValue(document: SchemaDocument(root: schema), wordsPerString: words)
        let value = generator.value(seed: seed(userText, choice))
        return content(value, of: schema, answering: userText, choice: choice)
    }

    private func content(
        _ value: JSON, of schema: JSON, answering userText: String, choice: Int
    ) -> (value: JSON, text: String) {
        guard let way = way(answering: userText, choice: choice) else { return (value, value.text) }
        let spoilt = SpoiltValue(
            value, of: SchemaDocument(root: schema), seed: seed(userText, choice), needsFault: wrong == .any)
        return spoilt.answer(way)
    }
}
