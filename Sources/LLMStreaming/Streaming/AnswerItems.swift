/// The content blocks and tool calls of an answer, in the order in which they began.
struct AnswerItems: Sendable {
    /// A content block or tool call.
    struct Item: Sendable {
        enum Body: Sendable {
            case text(citations: [JSON])
            case reasoning(signature: String?)
            case toolCall(opening: JSONObject, arguments: String)
            case block(JSON)

            /// Which of an item's bodies it is.
            fileprivate var form: Int {
                switch self {
                case .text: 0
                case .reasoning: 1
                case .toolCall: 2
                case .block: 3
                }
            }
        }

        var number: Int
        var body: Body
        /// Where its text lies in `content`, or its thinking in `reasoning`, in UTF-8 offsets.
        ///
        /// Not in the body: what an enum holds cannot change in its place, and text is what comes most.
        var ranges: [Range<Int>] = []

        /// What no other item has alike.
        fileprivate var place: Place { Place(number: number, form: body.form) }
    }

    fileprivate struct Place: Hashable {
        let number: Int
        let form: Int
    }

    private(set) var list: [Item] = []
    private var positions: [Place: Int] = [:]

    var isEmpty: Bool { list.isEmpty }

    /// Changes the item of that number whose body is of the same form, or makes one and counts it.
    ///
    /// The change says whether the body was of its form. One that extends a body takes it out first: two owners would
    /// make each extension a copy of the whole.
    mutating func change(
        _ number: Int, counting held: inout HeldBytes, or new: @autoclosure () -> Item.Body,
        by change: (inout Item.Body) -> Bool
    ) {
        // The newest is the likeliest.
        if let last = newest(number), change(&list[last].body) { return }
        let made = new()
        let place = Place(number: number, form: made.form)
        if let known = position(of: place) {
            _ = change(&list[known].body)
            return
        }
        append(number, made, counting: &held)
        _ = change(&list[list.count - 1].body)
    }

    /// Adds a range to the text of the item of that number, or makes one and counts it.
    mutating func extendText(_ number: Int, by added: Range<Int>, counting held: inout HeldBytes) {
        if let last = newest(number), case .text = list[last].body {
            list[last].ranges.extend(by: added, counting: &held)
        } else {
            let position = position(number, .text(citations: []), counting: &held)
            list[position].ranges.extend(by: added, counting: &held)
        }
    }

    /// Adds a range to the thinking of the item of that number, or makes one and counts it.
    mutating func extendReasoning(_ number: Int, by added: Range<Int>, counting held: inout HeldBytes) {
        if let last = newest(number), case .reasoning = list[last].body {
            list[last].ranges.extend(by: added, counting: &held)
        } else {
            let position = position(number, .reasoning(signature: nil), counting: &held)
            list[position].ranges.extend(by: added, counting: &held)
        }
    }

    /// The position of the newest item, where it has that number.
    private func newest(_ number: Int) -> Int? {
        let last = list.count - 1
        return last >= 0 && list[last].number == number ? last : nil
    }

    /// The position of the item of that number and form, made where there is none.
    private mutating func position(_ number: Int, _ body: Item.Body, counting held: inout HeldBytes) -> Int {
        if let known = position(of: Place(number: number, form: body.form)) { return known }
        append(number, body, counting: &held)
        return list.count - 1
    }

    private mutating func append(_ number: Int, _ body: Item.Body, counting held: inout HeldBytes) {
        held.addPlace()
        if !positions.isEmpty { positions[Place(number: number, form: body.form)] = list.count }
        list.append(Item(number: number, body: body))
    }

    private mutating func position(of place: Place) -> Int? {
        if list.count <= Self.mostScanned { return list.firstIndex { $0.place == place } }
        if positions.isEmpty {
            positions = Dictionary(zip(list.lazy.map(\.place), list.indices), uniquingKeysWith: { $1 })
        }
        return positions[place]
    }

    /// Most answers have few items: a dictionary would be memory for nothing.
    private static let mostScanned = 8
}

extension [Range<Int>] {
    /// Adds a range, to the last one where it follows it; one that stands apart is counted.
    fileprivate mutating func extend(by added: Range<Int>, counting held: inout HeldBytes) {
        let last = count - 1
        if last >= 0, self[last].upperBound == added.lowerBound {
            self[last] = self[last].lowerBound..<added.upperBound
        } else {
            append(added)
            held.addPlace()
        }
    }
}
