/// A set of endpoints by their numbers, from 0: one word for the first 64, which is nearly always all of them.
struct EndpointSet: Sendable, Hashable {
    private var first: UInt64 = 0
    /// Those from 64 on, 64 a word, without zeros at the end: equal sets are equal.
    private var others: [UInt64] = []

    init() {}

    init(_ endpoints: some Sequence<Int>) {
        for endpoint in endpoints { insert(endpoint) }
    }

    var isEmpty: Bool { first == 0 && others.isEmpty }

    func contains(_ endpoint: Int) -> Bool {
        self[page: endpoint / 64] >> UInt64(endpoint % 64) & 1 == 1
    }

    mutating func insert(_ endpoint: Int) {
        self[page: endpoint / 64] |= 1 << UInt64(endpoint % 64)
    }

    mutating func remove(_ endpoint: Int) {
        self[page: endpoint / 64] &= ~(1 << UInt64(endpoint % 64))
    }

    /// How many words hold it.
    var pages: Int { 1 + others.count }

    /// One of its words: the endpoints from 64 times its number on.
    subscript(page page: Int) -> UInt64 {
        get { page == 0 ? first : page <= others.count ? others[page - 1] : 0 }
        set {
            if page == 0 { return first = newValue }
            while others.count < page, newValue != 0 { others.append(0) }
            if page <= others.count { others[page - 1] = newValue }
            while others.last == 0 { others.removeLast() }
        }
    }

    /// Calls with each endpoint, in their order.
    func forEach(_ body: (Int) -> Void) {
        for page in 0..<pages {
            var word = self[page: page]
            while word != 0 {
                body(page * 64 + word.trailingZeroBitCount)
                word &= word - 1
            }
        }
    }
}
