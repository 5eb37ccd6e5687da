/// Which endpoints hold which beginnings, as far as it was seen: what they hold in truth is in their memory.
///
/// Bounded whatever comes: two generations, of which the older one is let go when the newer one is full. What was used
/// among the last 196,608 beginnings is always known, which is three quarters of a table of 262,144 places of 16 bytes:
/// 4.3 MB a generation, 8.6 in all, 15 for the moment in which the newer one grows. With beginnings of 1,024 bytes and
/// more that is the cache of any fleet many times over. Of more than 64 endpoints each 64 have entries of their own.
struct HeldPrefixes: Sendable {
    /// How many beginnings a generation holds.
    let limit: Int
    /// By level and page of endpoints, a bit for each endpoint of the page.
    private var newer: [UInt64: UInt64] = [:]
    private var older: [UInt64: UInt64] = [:]
    /// The endpoints that hold anything: of others there is nothing to forget.
    private var holders = EndpointSet()

    /// None yet; tests take fewer.
    init(limit: Int = 196_608) { self.limit = limit }

    /// How many beginnings are known, some of them perhaps twice.
    var count: Int { newer.count + older.count }

    /// Who holds a level.
    func endpoints(of level: UInt64) -> EndpointSet {
        var endpoints = EndpointSet()
        for page in 0..<holders.pages { endpoints[page: page] = bits(Self.key(level, page)) }
        return endpoints
    }

    /// Whether an endpoint holds a level.
    func isHeld(_ level: UInt64, at endpoint: Int) -> Bool {
        bits(Self.key(level, endpoint / 64)) >> UInt64(endpoint % 64) & 1 == 1
    }

    private func bits(_ key: UInt64) -> UInt64 { newer[key] ?? (older.isEmpty ? 0 : older[key] ?? 0) }

    /// A level of another page is another key.
    private static func key(_ level: UInt64, _ page: Int) -> UInt64 {
        level &+ UInt64(page) &* 0x9E37_79B9_7F4A_7C15
    }

    /// An endpoint holds a level.
    mutating func insert(_ level: UInt64, at endpoint: Int) {
        holders.insert(endpoint)
        makeRoom()
        let key = Self.key(level, endpoint / 64)
        newer[key, default: older.isEmpty ? 0 : older[key] ?? 0] |= 1 << UInt64(endpoint % 64)
    }

    /// A level was used at an endpoint: it is kept for longer.
    mutating func touch(_ level: UInt64, at endpoint: Int) {
        guard !older.isEmpty, case let key = Self.key(level, endpoint / 64), newer[key] == nil, let bits = older[key]
        else { return }
        makeRoom()
        newer[key] = bits
    }

    private mutating func makeRoom() {
        if newer.count >= limit { (newer, older) = ([:], newer) }
    }

    /// An endpoint holds nothing any more: some milliseconds where all is full.
    mutating func forget(_ endpoint: Int) {
        guard holders.contains(endpoint) else { return }
        holders.remove(endpoint)
        // Other pages' keys are met too: a level that is asked for again is warmed again.
        let others = ~(1 << UInt64(endpoint % 64) as UInt64)
        for index in newer.values.indices { newer.values[index] &= others }
        for index in older.values.indices { older.values[index] &= others }
    }
}
