/// The content blocks and tool calls of an answer, in the order in which they began.
struct AnswerItems: Sendable {
    /// A content block or tool call.
    struct Item: Sendable {
        enum Body: Sendable {
            /// Where the item's text lies in `content`, in UTF-8 offsets.
            case text([Range<Int>], citations: [JSON])
            /// Where the item's thinking lies in `reasoning`, in UTF-8 offsets.
            case reasoning([Range<Int>], signature: String?)
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
        if let last = list.indices.last, list[last].number == number, change(&list[last].body) { return }
        let made = new()
        let place = Place(number: number, form: made.form)
        if let known = position(of: place) {
            _ = change(&list[known].body)
            return
        }
        held.addPlace()
        if !positions.isEmpty { positions[place] = list.count }
        list.append(Item(number: number, body: made))
        _ = change(&list[list.count - 1].body)
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
    /// Adds a range, to the last one where it follows it.
    ///
    /// - Returns: whether it stands apart from what came before.
    mutating func extend(by added: Range<Int>) -> Bool {
        if let last, last.upperBound == added.lowerBound {
            self[count - 1] = last.lowerBound..<added.upperBound
            return false
        }
        append(added)
        return true
    }
}
