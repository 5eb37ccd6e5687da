import LLMStreaming

/// What is told when nothing is left.
extension SchemaStream {
    /// The rule that was broken last, which is the one that left nothing.
    func finding() -> SchemaFinding {
        guard let failure else {
            return SchemaFinding(pointer: "", found: "a value", asked: "one that fits the schema")
        }
        let asked: String
        if failure.keyword == .type, let node = failure.node {
            asked = node.possible.words(isInteger: node.node.number?.isInteger == true)
        } else {
            let words = failure.node?.node.asked(failure.keyword, names: failure.names)
            asked = words ?? "nothing: no value may stand here"
        }
        return SchemaFinding(pointer: pointer(to: failure.frame), found: failure.found ?? found(failure), asked: asked)
    }

    /// The JSON pointer of a frame's value.
    func pointer(to frame: Int) -> String {
        var pointer = ""
        for outer in frames.prefix(frame) where !outer.isName {
            switch outer.kind {
            case .object where outer.count > 0: pointer += "/" + Excerpt.pointerPart(names[outer.name])
            case .array where outer.count > 0: pointer += "/\(outer.count - 1)"
            default: break
            }
        }
        return pointer
    }

    private func found(_ failure: Failure) -> String {
        guard failure.frame < frames.count else { return "a value" }
        let frame = frames[failure.frame]
        switch frame.kind {
        case []: return "a value"
        case .object: return "an object of \(frame.count)"
        case .array: return "an array of \(frame.count)"
        case .number:
            return token.beginning.isEmpty ? "a number" : Excerpt.of(String(decoding: token.beginning, as: UTF8.self))
        case .string:
            guard !token.beginning.isEmpty || frame.hasEnded || failure.keyword != .type else { return "a string" }
            return (frame.isName ? "the name " : "") + beginningOfToken
        default: return frame.kind.words(isInteger: false)
        }
    }

    /// The text so far as a JSON string, cut where it is long.
    var beginningOfToken: String {
        Excerpt.of(JSON.string(String(decoding: token.beginning, as: UTF8.self)).text)
    }
}
