import LLMStreaming

/// The column `completions.message`: what a next turn must send back, without a second copy of the content.
///
/// A mark stands for each string in it that is the content. JSON holds that character only escaped, so a message that an
/// earlier version stored whole has no mark and is read as it is.
enum StoredMessage {
    /// U+001A, SUBSTITUTE.
    private static let mark: UInt8 = 0x1A
    private static let quote = UInt8(ascii: "\"")

    /// The whole message of a row `completions`, as the view `messages` gives it.
    static func whole(of row: SQL) -> SQL {
        #"replace(\#(row).message, '"\u001a"' ->> '$', json_quote(\#(row).content))"#
    }

    /// The column's value.
    ///
    /// - Parameter message: JSON as `JSON.bytes` writes it.
    static func stored(_ message: [UInt8], content: String) -> [UInt8] {
        guard isQuotedAlike(content) else { return message }
        let content = JSON.string(content).bytes
        var stored: [UInt8] = []
        var index = 0
        while let start = message[index...].firstIndex(of: quote) {
            let end = endOfString(in: message, from: start)
            stored += message[index..<start]
            if message[start..<end].elementsEqual(content) {
                stored.append(mark)
            } else {
                stored += message[start..<end]
            }
            index = end
        }
        return stored + message[index...]
    }

    /// The message that `stored` was given.
    static func whole(_ stored: [UInt8], content: String) -> [UInt8] {
        guard stored.contains(mark) else { return stored }
        return Array(
            stored.split(separator: mark, omittingEmptySubsequences: false).joined(
                separator: JSON.string(content).bytes))
    }

    /// Whether SQLite's `json_quote` writes a text as `JSON` does: it has short escapes for two more control characters, and
    /// none of its versions should be trusted with NUL.
    private static func isQuotedAlike(_ content: String) -> Bool {
        !content.isEmpty && !content.utf8.contains { $0 == 0 || $0 == 0x08 || $0 == 0x0C }
    }

    /// Behind the closing quote of the string that begins at `start`.
    private static func endOfString(in json: [UInt8], from start: Int) -> Int {
        var index = start + 1
        while index < json.count, json[index] != quote { index += json[index] == UInt8(ascii: "\\") ? 2 : 1 }
        return min(index + 1, json.count)
    }
}
