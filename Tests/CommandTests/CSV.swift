import Testing

/// Comma-separated values read by the letter of RFC 4180.
enum CSV {
    /// The rows with their fields.
    static func rows(_ text: String) throws -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        let bytes = Array(text.utf8)
        var index = 0
        func next() -> UInt8? { index + 1 < bytes.count ? bytes[index + 1] : nil }
        while index < bytes.count {
            let byte = bytes[index]
            if isQuoted {
                if byte == UInt8(ascii: "\""), next() == UInt8(ascii: "\"") {
                    field.append(byte)
                    index += 1
                } else if byte == UInt8(ascii: "\"") {
                    isQuoted = false
                    try #require([UInt8(ascii: ","), UInt8(ascii: "\r")].contains(next()), "text behind a quote")
                } else {
                    field.append(byte)
                }
            } else if byte == UInt8(ascii: "\"") {
                try #require(field.isEmpty, "a quote within a bare field")
                isQuoted = true
            } else if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\r") {
                row.append(String(decoding: field, as: UTF8.self))
                field = []
                if byte == UInt8(ascii: "\r") {
                    try #require(next() == UInt8(ascii: "\n"), "a CR without its LF")
                    index += 1
                    rows.append(row)
                    row = []
                }
            } else {
                try #require(byte != UInt8(ascii: "\n"), "a bare LF")
                field.append(byte)
            }
            index += 1
        }
        try #require(row.isEmpty && field.isEmpty && !isQuoted, "the last row does not end")
        return rows
    }
}
