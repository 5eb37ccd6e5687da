/// The JSON values of a body that is no event stream: one completion, chunks line by line or in an array, and whatever
/// of an event stream is mixed in.
package struct DocumentValues {
    /// The objects that came whole, in order.
    private(set) var objects: [JSONObject] = []
    /// Whether `[DONE]` stands behind them.
    private(set) var isDone = false
    /// Why the rest, if there is any, cannot be read.
    private(set) var failure: JSONParser.Failure?

    /// Reads a body.
    init(_ body: [UInt8]) {
        var index = body.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while index < body.count, !isDone {
            switch body[index] {
            case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","): index += 1
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                if body[index...].starts(with: "[DONE]".utf8) {
                    isDone = true
                    return
                }
                do {
                    let (value, end) = try JSONParser.parse(answer: body, from: index)
                    objects += value.object.map { [$0] } ?? (value.array ?? []).compactMap(\.object)
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
    }
}
