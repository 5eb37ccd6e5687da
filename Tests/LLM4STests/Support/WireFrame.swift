/// A frame of HTTP/2 as bytes (RFC 9113, section 4.1), right or wrong.
struct WireFrame: Equatable {
    /// The frames that tests name by their type.
    enum Kind: UInt8 {
        case data = 0
        case headers = 1
        case priority = 2
        case reset = 3
        case settings = 4
        case pushPromise = 5
        case ping = 6
        case goAway = 7
        case windowUpdate = 8
        case continuation = 9
    }

    var type: UInt8
    var flags: UInt8 = 0
    var stream = 0
    var payload: [UInt8] = []

    init(_ kind: Kind, flags: UInt8 = 0, on stream: Int = 0, _ payload: [UInt8] = []) {
        (type, self.flags, self.stream, self.payload) = (kind.rawValue, flags, stream, payload)
    }

    /// The first frame of the bytes, which are moved on behind it; nil where they hold none.
    init?(_ bytes: inout ArraySlice<UInt8>) {
        guard bytes.count >= 9 else { return nil }
        let head = Array(bytes.prefix(9))
        let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
        guard bytes.count >= 9 + length else { return nil }
        (type, flags) = (head[3], head[4])
        stream = head[5...].reduce(0) { $0 << 8 | Int($1) }
        payload = Array(bytes.dropFirst(9).prefix(length))
        bytes = bytes.dropFirst(9 + length)
    }

    var kind: Kind? { Kind(rawValue: type) }

    /// The number that its payload begins with.
    var number: Int { payload.prefix(4).reduce(0) { $0 << 8 | Int($1) } }

    var bytes: [UInt8] {
        Self.number(payload.count, 3) + [type, flags] + Self.number(stream, 4) + payload
    }

    static func number(_ number: Int, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    // MARK: What servers send

    static func settings(_ values: [(id: Int, value: Int)] = []) -> Self {
        Self(.settings, values.flatMap { number($0.id, 2) + number($0.value, 4) })
    }

    /// How many streams it takes.
    static func settings(streams: Int) -> Self { settings([(3, streams)]) }

    static func data(_ text: String, _ stream: Int = 1, end: Bool = false, padding: Int? = nil) -> Self {
        let body = Array(text.utf8)
        guard let padding else { return Self(.data, flags: end ? 1 : 0, on: stream, body) }
        return Self(
            .data, flags: end ? 9 : 8, on: stream,
            [UInt8(padding)] + body + Array(repeating: 0, count: padding))
    }

    /// Header fields, none of them compressed (RFC 7541, section 6.2.2).
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        let text = { (text: String) -> [UInt8] in
            let rest = text.utf8.count - 127
            // Lengths over 16 KB are not needed.
            let length: [UInt8] =
                rest < 0
                ? [UInt8(text.utf8.count)]
                : [127] + (rest < 128 ? [UInt8(rest)] : [UInt8(rest & 127 | 128), UInt8(rest >> 7)])
            return length + text.utf8
        }
        return fields.flatMap { [0] + text($0.0) + text($0.1) }
    }

    static func headers(_ fields: [(String, String)], _ stream: Int = 1, end: Bool = false) -> Self {
        Self(.headers, flags: end ? 5 : 4, on: stream, block(fields))
    }

    static func head(
        _ stream: Int = 1, status: String = "200", _ fields: [(String, String)] = [], end: Bool = false
    ) -> Self {
        headers([(":status", status), ("content-type", "text/event-stream")] + fields, stream, end: end)
    }

    static func reset(_ stream: Int = 1, _ code: Int) -> Self { Self(.reset, on: stream, number(code, 4)) }

    static func goAway(_ last: Int, _ code: Int = 0) -> Self { Self(.goAway, number(last, 4) + number(code, 4)) }

    static func window(_ stream: Int, _ increment: Int) -> Self {
        Self(.windowUpdate, on: stream, number(increment, 4))
    }

    static func ping(isAnswer: Bool = false) -> Self {
        Self(.ping, flags: isAnswer ? 1 : 0, Array(repeating: 0, count: 8))
    }

    /// A whole answer.
    static func answer(_ stream: Int = 1) -> [Self] {
        [head(stream), data(Chat.whole, stream, end: true)]
    }
}

extension WireFrame: CustomStringConvertible {
    var description: String { "\(kind.map { "\($0)" } ?? "frame \(type)") \(stream) (\(payload.count) bytes)" }
}
