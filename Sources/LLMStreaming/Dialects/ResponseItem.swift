/// An output item of a Responses stream, as far as it was seen.
struct ResponseItem: Sendable {
    /// One of its texts, of which something came.
    struct Part: Sendable {
        let form: ResponseTextForm
        let index: Int
        /// How much came, and its FNV-1a hash: enough to see later what a whole text has beyond it, without keeping it.
        private(set) var byteCount = 0
        private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325

        init(form: ResponseTextForm, index: Int) {
            self.form = form
            self.index = index
        }

        mutating func add(_ text: some Sequence<UInt8>) {
            for byte in text {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
                byteCount += 1
            }
        }

        /// What a whole text has beyond what came; nil where it does not begin with that.
        func remainder(of whole: String) -> String? {
            guard let end = whole.utf8.index(whole.startIndex, offsetBy: byteCount, limitedBy: whole.endIndex) else {
                return nil
            }
            var beginning = Part(form: form, index: index)
            beginning.add(whole.utf8[..<end])
            return beginning.hash == hash ? String(whole[end...]) : nil
        }
    }

    /// Its number among the items of the answer.
    let number: Int
    /// The place in the output that its events name.
    let place: Int
    /// The names that events may call it by.
    private(set) var ids: [String] = []
    /// Empty until it is known.
    private(set) var type = ""
    /// Whether its first event was seen, so that a text that comes whole cannot be one whose pieces came before.
    var hasBegun = false
    /// Whether its last event was seen.
    var isDone = false
    /// The texts of which something came.
    private(set) var parts: [Part] = []
    /// Whether the chunk that a tool call begins with was sent.
    var isOpened = false
    var citationCount = 0

    init(number: Int, place: Int) {
        self.number = number
        self.place = place
    }

    func isCalled(_ id: String) -> Bool { !id.isEmpty && ids.contains(id) }

    func has(_ form: ResponseTextForm) -> Bool { parts.contains { $0.form == form } }

    /// Notes a piece of a text; false where it is reasoning in a second form, which says the same again.
    mutating func add(_ piece: String, to form: ResponseTextForm, _ index: Int) -> Bool {
        if type.isEmpty { type = form.itemType }
        if form.kind == .reasoning, parts.contains(where: { $0.form.kind == .reasoning && $0.form != form }) {
            return false
        }
        let known = parts.lastIndex { $0.form == form && $0.index == index }
        if known == nil { parts.append(Part(form: form, index: index)) }
        parts[known ?? parts.count - 1].add(piece.utf8)
        return true
    }

    /// What a whole text has beyond its pieces; nil where it contradicts them.
    func remainder(of whole: String, _ form: ResponseTextForm, _ index: Int) -> String? {
        guard let part = parts.first(where: { $0.form == form && $0.index == index }) else { return whole }
        return part.remainder(of: whole)
    }

    /// Notes what an item says of itself.
    mutating func learn(_ item: JSONObject) {
        if let type = item["type"]?.string { self.type = type }
        for key in ["id", "call_id"] {
            if let id = item[key]?.string, !id.isEmpty, !ids.contains(id) { ids.append(id) }
        }
    }
}
