/// One of OpenRouter's reasoning details, put together from its pieces: a next turn must send it back unchanged
/// (WIRE.md 2).
struct ReasoningDetail: Sendable {
    /// The members that come in pieces; of any other, the last that is not null counts.
    private static let piecedMembers = ["text", "summary", "data"]

    private let index: JSON?
    private let type: JSON?
    private var members: JSONObject
    /// The texts of members that came in pieces, kept apart so that a piece is appended in place.
    private var texts: [String: String] = [:]

    /// A detail that begins with this piece.
    init(_ piece: JSONObject) {
        index = piece["index"].flatMap { $0.isNull ? nil : $0 }
        type = piece["type"]
        members = JSONObject()
        add(piece)
    }

    /// Whether a piece belongs to this detail: same index and type; one without an index stands alone.
    func isContinued(by piece: JSONObject) -> Bool {
        index != nil && index == piece["index"] && type == piece["type"]
    }

    /// Takes a further piece.
    mutating func add(_ piece: JSONObject) {
        for member in piece.members {
            if let text = member.value.string, Self.piecedMembers.contains(member.key) {
                // An empty text keeps the member's place among the others.
                if members[member.key] == nil { members[member.key] = "" }
                texts[member.key, default: ""] += text
            } else if members[member.key] == nil || !member.value.isNull {
                members[member.key] = member.value
            }
        }
    }

    /// The detail as far as it came.
    var json: JSON {
        var object = members
        for (key, text) in texts { object[key] = .string(text) }
        return .object(object)
    }
}
