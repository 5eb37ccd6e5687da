/// The output items of a Responses stream: keyed by their place in the output, since ids may change from event to
/// event, and by id or order where a server leaves the place out.
struct ResponseItems: Sendable {
    /// The most items of one answer, and the most names of all of them.
    static let maximumCount = 10_000

    private(set) var items: [ResponseItem] = []
    /// The newest item of a place.
    private var places: [Int: Int] = [:]
    /// The newest item of a name.
    private var names: [String: Int] = [:]
    /// How many texts all of them have.
    private var partCount = 0
    private static let maximumParts = 100_000
    private var nameBytes = 0
    private static let maximumNameBytes = 1 << 20
    private var numbers: Set<Int> = []
    private var nextNumber = 0

    subscript(_ position: Int) -> ResponseItem {
        get { items[position] }
        _modify { yield &items[position] }
    }

    /// The position of the item at that place, or without a place of the only one; nil where that is not known.
    func position(outputIndex: Int?) -> Int? {
        guard let outputIndex else { return items.count == 1 ? 0 : nil }
        // The newest is the likeliest.
        if let last = items.last, last.place == outputIndex { return items.count - 1 }
        return places[outputIndex]
    }

    /// The position of the item that an event is about, which is added where it is new.
    ///
    /// - Parameters:
    ///   - outputIndex: the place in the output, where the event has it.
    ///   - ids: the names that the event calls the item by.
    ///   - isFirst: whether the event is an item's first.
    mutating func position(outputIndex: Int?, ids: [String], isFirst: Bool) throws(LLMError) -> Int {
        if let outputIndex {
            // A server that counts wrongly begins a further item in the place of one that is done.
            if let known = position(outputIndex: outputIndex), !isFirst || !items[known].isDone { return known }
            return try add(outputIndex)
        }
        if let known = ids.compactMap({ names[$0] }).max() { return known }
        return try isFirst || items.isEmpty ? add(nextNumber) : items.count - 1
    }

    /// Notes a piece of a text of an item; false where it says something again.
    mutating func add(
        _ piece: String, to form: ResponseTextForm, index: Int, at position: Int
    ) throws(LLMError) -> Bool {
        let before = items[position].partCount
        let isNew = try items[position].add(piece, to: form, index)
        partCount += items[position].partCount - before
        guard partCount <= Self.maximumParts else {
            throw LLMError(.decode, "more than \(Self.maximumParts) texts in an answer")
        }
        return isNew
    }

    /// Notes what an item says of itself; events may call it by its names from now on.
    ///
    /// Some servers make a new name for each event: names beyond the bound are not kept.
    mutating func learn(_ item: JSONObject, at position: Int) {
        items[position].learn(item)
        for key in ["id", "call_id"] {
            guard let name = item[key]?.string, !name.isEmpty else { continue }
            if names[name] == nil {
                let bytes = nameBytes + name.utf8.count
                guard names.count < 2 * Self.maximumCount, bytes <= Self.maximumNameBytes else { continue }
                nameBytes = bytes
            }
            names[name] = position
        }
    }

    /// The positions of the items seen so far, of each type in the order of the output.
    var positionsByType: [String: [Int]] {
        let ordered = items.indices.sorted { items[$0].number < items[$1].number }
        return Dictionary(grouping: ordered) { items[$0].type }
    }

    /// The position of the item that one of a finished response's output is: of the same name, else the one that has
    /// the same place among those of its type; a new one where the stream had fewer.
    ///
    /// - Parameters:
    ///   - count: how many items there were before the output was looked at.
    ///   - same: the positions of those of its type.
    mutating func position(
        ofOutput item: JSONObject, ordinal: Int, among same: [Int], of count: Int
    ) throws(LLMError) -> Int {
        if let id = item["id"]?.string, let known = names[id], known < count,
            items[known].type == item["type"]?.string ?? ""
        {
            return known
        }
        return try ordinal < same.count ? same[ordinal] : add(nextNumber)
    }

    private mutating func add(_ place: Int) throws(LLMError) -> Int {
        guard (0..<Self.maximumCount).contains(place), items.count < Self.maximumCount else {
            throw LLMError(.decode, "an output item has the index \(place)")
        }
        let number = numbers.contains(place) ? nextNumber : place
        numbers.insert(number)
        nextNumber = max(nextNumber, number + 1)
        places[place] = items.count
        items.append(ResponseItem(number: number, place: place))
        return items.count - 1
    }
}
