import ServerSentEvents

extension ServerSentEvent {
    /// The event's data as JSON.
    ///
    /// - Throws: what an event of type `error` reports, be it JSON or not (WIRE.md 5.3), and kind `decode` for data
    ///   that is no JSON.
    func json() throws(LLMError) -> JSON {
        let json: JSON
        do { json = try JSONParser.parse(Array(data)) } catch {
            if type == "error" { throw ErrorClassifier.inBand(.string(text)) }
            throw LLMError(.decode, "an event is not JSON: \(error)")
        }
        if type == "error" { throw ErrorClassifier.inBand(json) }
        return json
    }
}
