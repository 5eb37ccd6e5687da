import ServerSentEvents

/// Errors that come as an event stream under a status of failure.
enum ErrorEvents {
    /// What the body of a refusal says: the data of its event of type `error`, else of the first one that is an error,
    /// else of the first; nil where it holds no event.
    static func json(in body: [UInt8]) -> JSON? {
        var parser = SSEParser(errorFieldIsEvent: true)
        parser.append(body.span)
        var first: JSON?
        while let event = try? parser.unfinishedEvent() {
            if event.isDone { continue }
            let json = (try? JSONParser.parse(answer: Array(event.data))) ?? .string(event.text)
            if event.type == "error" { return json }
            if let object = json.object, ErrorClassifier.inBand(object, isBare: true) != nil { return json }
            first = first ?? json
        }
        return first
    }
}
