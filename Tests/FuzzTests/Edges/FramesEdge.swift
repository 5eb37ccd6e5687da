/// What a server sends over HTTP/2, and what happens here meanwhile: a line each.
///
/// A frame is its type, its flags, its stream and its payload: `|name=value|…` for header fields, `x` and hexadecimal
/// digits, or `"` and text. A line of `x` alone is bytes that are no frame. Everything else is an action.
enum FramesEdge {
    static func take(_ bytes: [UInt8]) throws {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        let connection = try FramesConnection()
        for line in lines.prefix(200) {
            if let frame = frame(line) { connection.receive(frame) } else { act(line, connection) }
            try connection.check()
        }
        try connection.end()
    }

    private static func act(_ line: Substring, _ connection: FramesConnection) {
        let words = line.split(separator: " ")
        let number = words.dropFirst().first.flatMap { Int($0) } ?? 0
        switch words.first {
        case "begin": connection.begin(bodyBytes: max(0, min(number, 200_000)))
        case "cancel": connection.cancel(number)
        case "wait": connection.wait(seconds: max(0, min(number, 200)))
        case "full": connection.setRoom(false)
        case "room": connection.setRoom(true)
        case "keep": connection.setWritable(false)
        case "write": connection.setWritable(true)
        case "pieces": connection.pieces = number
        default: break
        }
    }

    /// The bytes of a line that is a frame, or is to be taken for one.
    private static func frame(_ line: Substring) -> [UInt8]? {
        if line.first == "x" { return hexadecimal(line.dropFirst()) }
        let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        guard words.count == 4, let type = Int(words[0]) else { return nil }
        let payload = payload(words[3]).prefix(1 << 17)
        let stream = Int(words[2]) ?? 0
        return number(payload.count, 3) + number(type, 1) + number(Int(words[1]) ?? 0, 1) + number(stream, 4) + payload
    }

    private static func payload(_ text: Substring) -> [UInt8] {
        switch text.first {
        case "\"": return Array(text.dropFirst().replacing("\\n", with: "\n").utf8)
        case "x": return hexadecimal(text.dropFirst())
        case "*":
            // So many bytes.
            return Array(repeating: 0x78, count: max(0, min(Int(text.dropFirst()) ?? 0, 1 << 17)))
        default:
            return text.split(separator: "|").flatMap { field -> [UInt8] in
                let sides = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return sides.reduce(into: [0]) { bytes, side in
                    bytes += number(min(side.utf8.count, 126), 1) + side.utf8.prefix(126)
                }
            }
        }
    }

    private static func hexadecimal(_ text: Substring) -> [UInt8] {
        var digits = text.compactMap(\.hexDigitValue)[...]
        var bytes: [UInt8] = []
        while digits.count >= 2 { bytes.append(UInt8(digits.removeFirst() << 4 | digits.removeFirst())) }
        return bytes
    }

    private static func number(_ number: Int, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    private static let begun = "4 0 0 x000300000064\nbegin 20\nbegin 20\nbegin 0\nbegin 100000\n"
    private static let head = "1 4 1 |:status=200|content-type=text/event-stream\n"
    private static let delta = #"0 0 1 "data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n"# + "\n"
    private static let end =
        #"0 1 1 "data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n"# + "\n"

    static let seeds = [
        begun + head + delta + end + "1 5 3 |:status=529|retry-after=7\n1 5 5 |:status=200\n",
        begun + "pieces 3\n1 4 1 |:status=100\n" + head + delta + "0 9 1 x0500\n1 5 1 |x-trailer=1\n",
        begun + "full\n" + head + delta + delta + "0 0 1 *16000\n0 0 1 *16000\n0 0 1 *16000\nroom\n" + end,
        begun + head + delta + "7 0 0 x0000000300000000\nbegin 5\n" + end + "7 0 0 x000000010000000b\n",
        begun + "3 0 1 x00000007\n3 0 3 x0000000b\n3 0 5 x00000008\n3 0 5 x00000000\n" + head + "begin 20\n",
        begun + "keep\nbegin 20\nbegin 20\ncancel 4\n4 0 0 x000300000001\n7 0 0 x7fffffff00000000\nwrite\n" + head
            + end,
        begun + head + "cancel 0\n" + delta + end + "wait 61\n6 1 0 x0000000000000000\nwait 90\n",
        begun + "8 0 0 x00100000\n8 0 7 x00100000\n4 0 0 x000400000000\n4 0 0 x0004000fffff0005000fffff\n" + head + end,
        begun + "1 0 1 x88\n9 0 1 x4001610162\n9 4 1 xbebebe\n0 1 1 \"data: [DONE]\\n\\n\nwait 2\n",
        begun + "1 4 1 |:status=200|content-length=5\n0 1 1 \"abc\n5 4 3 x0000000288\n2 0 3 x0000000000\n",
        "4 0 0 x000300000000\nbegin 3\n4 0 0 x000300000002\nbegin 3\nbegin 3\nbegin 3\n4 1 0 x\n" + head + end,
        "x485454502f312e312034303020426164\nwait 31\n",
    ]
}
