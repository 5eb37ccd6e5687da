import LLMStreaming

/// A value as it is checked: numbers exact, strings by their code points.
indirect enum CheckedValue: Sendable {
    case null
    case bool(Bool)
    case number(ExactNumber, text: String)
    case string(String)
    case array([CheckedValue])
    case object([(name: String, value: CheckedValue)])

    init(_ json: JSON) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .number(let text): self = .number(ExactNumber(text), text: text)
        case .string(let text): self = .string(text)
        case .array(let elements): self = .array(elements.map { CheckedValue($0) })
        case .object(let object):
            self = .object(object.members.map { (name: $0.key, value: CheckedValue($0.value)) })
        }
    }

    static func number(_ number: ExactNumber) -> CheckedValue { .number(number, text: "") }

    var kind: KindSet {
        switch self {
        case .null: .null
        case .bool(let value): value ? .yes : .no
        case .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }

    /// What a message says was found, shortened.
    var found: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(_, let text): Excerpt.of(text)
        case .string(let text): Excerpt.of(JSON.string(text).text)
        case .array(let elements): "an array of \(elements.count)"
        case .object(let members): "an object of \(members.count)"
        }
    }

    /// Bytes that are the same for values that JSON Schema calls equal, and for no others.
    var canonical: [UInt8] {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return bytes
    }

    private func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(UInt8(ascii: "n"))
        case .bool(let value): bytes.append(value ? UInt8(ascii: "t") : UInt8(ascii: "f"))
        case .number(let number, let text):
            // A power beyond all bounds is not kept: such numbers are compared as they are written.
            let isKept = abs(number.exponent) < NumberScan.mostPower / 2
            Self.write(isKept ? "\(number.isNegative)\(number.digits)\(number.exponent)" : text, mark: "d", to: &bytes)
        case .string(let text): Self.write(text, mark: "s", to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for element in elements { element.write(to: &bytes) }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for member in members.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
                Self.write(member.name, mark: "m", to: &bytes)
                member.value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// A text with its length before it, so that none of its bytes can be taken for a bracket.
    private static func write(_ text: String, mark: Unicode.Scalar, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: "\(mark)\(text.utf8.count):".utf8)
        bytes.append(contentsOf: text.utf8)
    }
}
