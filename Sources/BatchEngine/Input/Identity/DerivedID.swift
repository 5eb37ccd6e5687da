/// The id of a job whose line gives none: the first 16 hex digits of its request's hash, with `-2`, `-3` for repeats.
struct DerivedID: Equatable {
    /// The first 64 bits of the hash.
    var prefix: UInt64
    /// From 1.
    var repeatNumber: UInt32

    init(prefix: UInt64, repeatNumber: UInt32) {
        self.prefix = prefix
        self.repeatNumber = repeatNumber
    }

    /// Reads an id that has exactly the form of a derived one; nil for any other.
    init?(_ id: String) {
        let utf8 = id.utf8
        guard utf8.count >= 16, utf8.prefix(16).allSatisfy({ Self.isDigit($0) }),
            let prefix = UInt64(id.prefix(16), radix: 16)
        else { return nil }
        var number: UInt32 = 1
        if utf8.count > 16 {
            guard utf8.dropFirst(16).first == UInt8(ascii: "-"), let given = UInt32(id.dropFirst(17)), given > 1 else {
                return nil
            }
            number = given
        }
        self.init(prefix: prefix, repeatNumber: number)
        // `-02` and `-+2` are no derived ids.
        guard text == id else { return nil }
    }

    var text: String { repeatNumber == 1 ? prefix.hexadecimal : "\(prefix.hexadecimal)-\(repeatNumber)" }

    private static func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
    }
}
