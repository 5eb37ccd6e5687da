/// A set of the kinds of values that a first byte tells apart.
///
/// True and false are two kinds, since `enum` and `const` choose between them.
struct KindSet: OptionSet, Sendable, Hashable {
    let rawValue: UInt8

    static let null = KindSet(rawValue: 1)
    static let no = KindSet(rawValue: 2)
    static let yes = KindSet(rawValue: 4)
    static let number = KindSet(rawValue: 8)
    static let string = KindSet(rawValue: 16)
    static let array = KindSet(rawValue: 32)
    static let object = KindSet(rawValue: 64)

    static let boolean: KindSet = [.no, .yes]
    static let all = KindSet(rawValue: 127)

    /// The kind of the value that begins with a byte; nil where none does.
    static func beginning(with byte: UInt8) -> KindSet? {
        switch byte {
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "-"), 0x30...0x39: .number
        case UInt8(ascii: "t"): .yes
        case UInt8(ascii: "f"): .no
        case UInt8(ascii: "n"): .null
        default: nil
        }
    }

    /// The kinds in words: `a string or null`.
    func words(isInteger: Bool) -> String {
        var names: [String] = []
        if contains(.object) { names.append("an object") }
        if contains(.array) { names.append("an array") }
        if contains(.string) { names.append("a string") }
        if contains(.number) { names.append(isInteger ? "an integer" : "a number") }
        if isSuperset(of: .boolean) {
            names.append("a boolean")
        } else if contains(.yes) {
            names.append("true")
        } else if contains(.no) {
            names.append("false")
        }
        if contains(.null) { names.append("null") }
        guard let last = names.last else { return "nothing" }
        return names.count == 1 ? last : names.dropLast().joined(separator: ", ") + " or " + last
    }
}
