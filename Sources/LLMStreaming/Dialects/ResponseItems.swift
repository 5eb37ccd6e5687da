/// The output items of a Responses stream: keyed by their place in the output, since ids may change from event to event
/// (WIRE.md 3), and by id or order where a server leaves the place out (WIRE.md 8).
struct ResponseItems: Sendable {
    /// The most items of one answer.
    static let maximumCount = 10_000

    private(set) var items: [ResponseItem] = []

    subscript(_ position: Int) -> ResponseItem {
        get { items[position] }
        _modify { yield &items[position] }
    }

    /// The position of the item at that place, or without a place of the only one; nil where that is not known.
    func position(outputIndex: Int?) -> Int? {
        guard let outputIndex else { return items.count == 1 ? 0 : nil }
        // The newest is the likeliest.
        return items.lastIndex { $0.place == outputIndex }
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
        if let known = items.lastIndex(where: { item in ids.contains { item.isCalled($0) } }) { return known }
        return try isFirst || items.isEmpty ? add(nextNumber) : items.count - 1
    }

    /// The positions of the items seen so far, of each type in the order of the output.
    var positionsByType: [String: [Int]] {
        let ordered = items.indices.sorted { items[$0].number < items[$1].number }
        return Dictionary(grouping: ordered) { items[$0].type }
    }

    /// The position of the item that one of a finished response's output is: of the same name, else the one that has
    /// the same place among those of its type; a new one where the stream had fewer.
    ///
    /// - Parameter same: the positions of the items of its type before the output was looked at.
    mutating func position(ofOutput item: JSONObject, ordinal: Int, among same: [Int]) throws(LLMError) -> Int {
        if let id = item["id"]?.string, let known = same.first(where: { items[$0].isCalled(id) }) { return known }
        return try ordinal < same.count ? same[ordinal] : add(nextNumber)
    }

    private var nextNumber: Int { (items.map(\.number).max() ?? -1) + 1 }

    private mutating func add(_ place: Int) throws(LLMError) -> Int {
        guard (0..<Self.maximumCount).contains(place) else {
            throw LLMError(.decode, "an output item has the index \(place)")
        }
        let isTaken = items.contains { $0.number == place }
        items.append(ResponseItem(number: isTaken ? nextNumber : place, place: place))
        return items.count - 1
    }
}
