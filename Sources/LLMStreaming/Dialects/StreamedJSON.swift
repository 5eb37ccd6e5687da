import ServerSentEvents

extension ServerSentEvent {
    /// The objects that the event's data holds, in whose strings halves of characters are marked: mostly one, several
    /// where a server sends a list, and none where the event only keeps the line open.
    ///
    /// - Throws: what an event of type `error` reports, be it JSON or not, and kind `decode` for data that is no JSON
    ///   and may have been part of an answer, or says something.
    func objects(marking characters: inout SplitCharacters) throws(LLMError) -> [JSONObject] {
        let json: JSON
        do { (json, characters.isMarked) = try JSONParser.parseMarkingHalves(answer: Array(value)) } catch {
            if type == "error" { throw ErrorClassifier.inBand(.string(text)) }
            // Some pad the line with blanks until a proxy lets it through.
            if data.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0A }) { return [] }
            if data.count <= Self.maximumSignBytes, isSignOfLife(text) { return [] }
            let isJSON = data.first == UInt8(ascii: "{") || data.first == UInt8(ascii: "[")
            throw LLMError(.decode, "an event is not JSON: \(isJSON ? error.description : shown(text))")
        }
        if type == "error" { throw ErrorClassifier.inBand(json) }
        switch json {
        case .object(let object): return [object]
        case .array(let elements): return elements.compactMap(\.object)
        case .string(let text):
            if isSignOfLife(text) { return [] }
            throw LLMError(.decode, "an event is a text: \(shown(text))")
        case .null, .bool, .number: return []
        }
    }

    /// The data, without the field's name where a proxy wrote it a second time.
    private var value: ArraySlice<UInt8> {
        var rest = data
        while rest.starts(with: "data:".utf8) { rest = rest.dropFirst(5).drop { $0 == 0x20 } }
        return rest
    }

    /// Whether the event marks the end of a stream.
    var isDone: Bool {
        // Some servers put white space behind it, or make it a JSON text.
        data.first == UInt8(ascii: "[") && data.starts(with: "[DONE]".utf8)
            || data.count < 16
                && ["[done]", "\"[done]\"", "done", "data: [done]", "data:[done]"].contains(
                    Self.trimmed(text).lowercased())
    }

    /// Whether a text that is no JSON says only that the server is alive.
    ///
    /// What a model wrote always comes in an object, so nothing of it is lost here.
    private func isSignOfLife(_ text: String) -> Bool {
        let word = Self.trimmed(text).lowercased()
        if word.isEmpty || Self.signsOfLife.contains(word) { return true }
        guard word.first != "{", word.first != "[", word.utf8.count <= Self.maximumSignBytes else { return false }
        // Under a name of its own a word is the server's own matter, unless the name is of a failure.
        return type != "message" && !type.lowercased().contains("error") && !type.lowercased().contains("fail")
    }

    private static let maximumSignBytes = 64

    private static let signsOfLife: Set = [
        "ping", "pong", "heartbeat", "heart-beat", "hb", "keepalive", "keep-alive", "keep_alive", "alive", "ok", "nop",
        "noop", ".", "connected", "open", "ready", "waiting", "processing", "openrouter processing",
    ]

    private static func trimmed(_ text: String) -> Substring {
        var rest = text.drop(while: \.isWhitespace)
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return rest
    }

    private func shown(_ text: String) -> String { String(text.prefix(200)) }
}

extension JSON {
    /// The arguments of a tool call as text; nil where they are none.
    ///
    /// Some servers write the value itself instead of its text, and those made with PHP an empty list for no arguments.
    var argumentsText: String? {
        switch self {
        case .string(let text): text
        case .object: text
        case .array(let elements): elements.isEmpty ? "" : text
        case .null, .bool, .number: nil
        }
    }
}

extension JSONObject {
    /// Adds the service tier that an event tells, where it is another than was told before.
    mutating func addServiceTier(of event: JSONObject, after told: inout String?) {
        guard let tier = event[Self.serviceTierName]?.string, !tier.isEmpty, tier != told else { return }
        told = tier
        self[Self.serviceTierName] = .string(tier)
    }

    static let serviceTierName = "service_tier"
}

/// The JSON values of a body that is no event stream: one completion, chunks line by line or in an array, and whatever
/// of an event stream is mixed in.
package struct DocumentValues {
    /// One of the objects.
    struct Value {
        /// With halves of characters as `SurrogateMark` has them.
        var object: JSONObject
        var hasHalves: Bool

        /// The object where nothing can complete a half.
        var alone: JSONObject {
            guard hasHalves else { return object }
            return (try? JSONParser.parse(SurrogateMark.replaced(in: JSON.object(object).text)))?.object ?? object
        }
    }

    /// The objects that came whole, in order.
    private(set) var values: [Value] = []
    /// Whether `[DONE]` stands behind them.
    private(set) var isDone = false
    /// Why the rest, if there is any, cannot be read.
    private(set) var failure: JSONParser.Failure?

    /// Reads a body.
    init(_ body: [UInt8]) {
        var index = body.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var openArrays = 0
        while index < body.count, !isDone {
            switch body[index] {
            case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","): index += 1
            case UInt8(ascii: "]"):
                openArrays = max(0, openArrays - 1)
                index += 1
            case UInt8(ascii: "["):
                if body[index...].starts(with: "[DONE]".utf8) {
                    isDone = true
                    return
                }
                // What is whole of an array counts, also where its end is cut off.
                openArrays += 1
                index += 1
            case UInt8(ascii: "{"):
                do {
                    let (value, end, hasHalves) = try JSONParser.parseMarkingHalves(answer: body, from: index)
                    if let object = value.object { values.append(Value(object: object, hasHalves: hasHalves)) }
                    index = end
                } catch {
                    failure = error
                    return
                }
            default:
                let rest = body[index...]
                if rest.starts(with: "data:".utf8) {
                    index += 5
                } else if ["event:", "id:", "retry:", ":"].contains(where: { rest.starts(with: $0.utf8) }) {
                    index = rest.firstIndex { $0 == 0x0A || $0 == 0x0D } ?? body.count
                } else {
                    failure = JSONParser.Failure(reason: "unexpected character", offset: index)
                    return
                }
            }
        }
        if openArrays > 0 { failure = JSONParser.Failure(reason: "unfinished array", offset: body.count) }
    }
}
