import ServerSentEvents

/// WHATWG HTML 9.2.6 as it is written: the whole stream decoded, split into lines and interpreted, slowly.
///
/// The second implementation, which shares nothing with the parser.
struct LiteralRule {
    struct Event: Equatable {
        var type: String
        var data: String
        var id: String
    }

    var events: [Event] = []
    var lastEventID = ""
    var reconnectionTime: Int?

    init(_ bytes: [UInt8]) {
        var scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        var dataBuffer = "".unicodeScalars
        var typeBuffer = ""
        var idBuffer = ""
        for line in Self.lines(scalars) {
            if line.isEmpty {
                lastEventID = idBuffer
                if !dataBuffer.isEmpty {
                    dataBuffer.removeLast()
                    let type = typeBuffer.isEmpty ? "message" : typeBuffer
                    events.append(Event(type: type, data: String(dataBuffer), id: lastEventID))
                }
                dataBuffer = "".unicodeScalars
                typeBuffer = ""
                continue
            }
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            var value = line[colon...].dropFirst()
            if value.first == " " { value.removeFirst() }
            let text = String(String.UnicodeScalarView(value))
            switch String(String.UnicodeScalarView(line[..<colon])) {
            case "event": typeBuffer = text
            case "data": dataBuffer += text.unicodeScalars + ["\n"]
            case "id": if !value.contains("\0") { idBuffer = text }
            case "retry":
                if !value.isEmpty, value.allSatisfy({ ("0"..."9").contains($0) }) {
                    reconnectionTime = Int(text) ?? reconnectionTime
                }
            default: break
            }
        }
    }

    /// The lines that a line end finishes.
    private static func lines(_ scalars: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        var lines: [[Unicode.Scalar]] = []
        var line: [Unicode.Scalar] = []
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case "\n" where index > 0 && scalars[index - 1] == "\r": break
            case "\n", "\r":
                lines.append(line)
                line = []
            default: line.append(scalar)
            }
        }
        return lines
    }
}

extension LiteralRule.Event {
    /// A parser's event in the words of the rule.
    init(_ event: ServerSentEvent) {
        self.init(type: event.type, data: event.text, id: event.id)
    }
}
