extension JSON {
    /// The value as compact JSON text: members in their order, numbers as their text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The value as compact JSON in UTF-8.
    public var bytes: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(256)
        write(to: &output)
        return output
    }

    /// Appends the value as compact JSON in UTF-8.
    package func write(to output: inout [UInt8]) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let text): output.append(contentsOf: text.utf8)
        case .string(let text): Self.write(text, to: &output)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (position, element) in elements.enumerated() {
                if position > 0 { output.append(UInt8(ascii: ",")) }
                element.write(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let object):
            output.append(UInt8(ascii: "{"))
            for (position, member) in object.members.enumerated() {
                if position > 0 { output.append(UInt8(ascii: ",")) }
                Self.write(member.key, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.write(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    /// Appends a string in its quotes.
    package static func write(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { unsafe writeContent($0.span, to: &output) }
        output.append(UInt8(ascii: "\""))
    }

    /// Appends what stands between the quotes of a string whose text is this UTF-8.
    package static func writeContent(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        var start = 0
        while true {
            let end = JSONPlainText.end(in: bytes, from: start)
            unsafe bytes.extracting(start..<end).withUnsafeBufferPointer { unsafe output.append(contentsOf: $0) }
            guard end < bytes.count else { break }
            writeEscape(bytes[end], to: &output)
            start = end + 1
        }
    }

    private static func writeEscape(_ byte: UInt8, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(byte)
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        case 0x09: output.append(UInt8(ascii: "t"))
        default:
            let digits = String(byte, radix: 16)
            output.append(contentsOf: byte < 0x10 ? "u000".utf8 : "u00".utf8)
            output.append(contentsOf: digits.utf8)
        }
    }
}

extension JSON {
    /// The value in the form that identities are hashed over (Contract, "Job lines").
    ///
    /// Sorted keys, integers verbatim, other numbers as the shortest text of the same double; compact, in UTF-8.
    package var canonicalBytes: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(1024)
        writeCanonical(to: &output)
        return output
    }

    private func writeCanonical(to output: inout [UInt8]) {
        switch self {
        case .null, .bool, .string: write(to: &output)
        case .number(let text): output.append(contentsOf: Self.canonicalNumber(text).utf8)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (position, element) in elements.enumerated() {
                if position > 0 { output.append(UInt8(ascii: ",")) }
                element.writeCanonical(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let object):
            output.append(UInt8(ascii: "{"))
            for (position, member) in Self.sorted(object.members).enumerated() {
                if position > 0 { output.append(UInt8(ascii: ",")) }
                Self.write(member.key, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.writeCanonical(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    /// Sorted by the bytes of the keys; members of one name keep their order.
    private static func sorted(_ members: [JSONObject.Member]) -> [JSONObject.Member] {
        func precedes(_ left: JSONObject.Member, _ right: JSONObject.Member) -> Bool {
            left.key.utf8.lexicographicallyPrecedes(right.key.utf8)
        }
        let isSorted = members.indices.dropFirst().allSatisfy { !precedes(members[$0], members[$0 - 1]) }
        return isSorted ? members : members.sorted(by: precedes)
    }

    private static func canonicalNumber(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 != UInt8(ascii: ".") && $0 | 0x20 != UInt8(ascii: "e") }) { return text }
        // A number beyond the range of doubles has no shorter form that means the same.
        guard let value = Double(text), value.isFinite else { return text }
        return "\(value)"
    }
}
