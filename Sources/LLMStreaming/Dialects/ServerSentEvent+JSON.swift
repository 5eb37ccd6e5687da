import ServerSentEvents

extension ServerSentEvent {
    /// The event's data as JSON, in whose strings halves of characters are marked.
    ///
    /// - Throws: what an event of type `error` reports, be it JSON or not, and kind `decode` for data that is no JSON.
    func json(marking characters: inout SplitCharacters) throws(LLMError) -> JSON {
        let json: JSON
        do { (json, characters.isMarked) = try JSONParser.parseMarkingHalves(Array(data)) } catch {
            if type == "error" { throw ErrorClassifier.inBand(.string(text)) }
            throw LLMError(.decode, "an event is not JSON: \(error)")
        }
        if type == "error" { throw ErrorClassifier.inBand(json) }
        return json
    }
}
