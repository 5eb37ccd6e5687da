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
