/// One of OpenRouter's reasoning details, put together from its pieces: a next turn must send it back unchanged.
struct ReasoningDetail: Sendable {
    /// The members that come in pieces; of any other, the last that is not null counts.
    static let piecedMembers = ["text", "summary", "data"]

    /// What the pieces of one detail have in common.
    struct Name: Hashable {
        private let index: JSON
        private let type: JSON?

        /// The name of a piece's detail; nil for one without an index, which stands alone.
        init?(_ piece: JSONObject) {
            guard let index = piece["index"], !index.isNull else { return nil }
            self.index = index
            type = piece["type"]
        }
    }

    private var members = JSONObject()
    /// The texts of members that came in pieces, kept apart so that a piece is appended in place.
    private var texts: [String: String] = [:]

    /// A detail that begins with this piece.
    init(_ piece: JSONObject) { add(piece) }

    /// Takes a further piece.
    mutating func add(_ piece: JSONObject) {
        var whole = piece.members
        for position in whole.indices {
            guard let text = whole[position].value.string, Self.piecedMembers.contains(whole[position].key) else {
                continue
            }
            texts[whole[position].key, default: ""] += text
            // An empty text keeps the member's place among the others.
            whole[position].value = ""
        }
        members = members.goingOn(with: JSONObject(whole)) { earlier, later in later.isNull ? earlier : later }
    }

    /// The detail as far as it came.
    var json: JSON {
        var object = members
        for (key, text) in texts { object[key] = .string(text) }
        return .object(object)
    }
}

/// The reasoning details of an answer.
struct ReasoningDetails: Sendable {
    private(set) var list: [ReasoningDetail] = []
    private var positions: [ReasoningDetail.Name: Int] = [:]

    var isEmpty: Bool { list.isEmpty }
    var count: Int { list.count }

    /// Takes pieces of details, as JSON.
    mutating func add(_ text: String, counting held: inout HeldBytes) {
        for piece in (try? JSONParser.parse(text))?.array?.compactMap(\.object) ?? [] {
            let name = ReasoningDetail.Name(piece)
            if let name, let known = positions[name] {
                list[known].add(piece)
            } else {
                held.addValue(.object(piece))
                if let name { positions[name] = list.count }
                list.append(ReasoningDetail(piece))
            }
        }
    }
}
