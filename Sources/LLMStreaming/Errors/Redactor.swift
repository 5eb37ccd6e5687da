/// Strikes secrets out of what servers and proxies said: the one place that does it.
///
/// It runs over every field that is stored or shown. A long secret is found wherever it stands and in either case, a
/// short one only as a whole word: the key `k` takes no letter out of "broke". Where a text was cut (`shortened`) in
/// the midst of a secret, its beginning is struck out too.
package struct Redactor: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// All ways in which the secrets may be written, the longest first.
    private let forms: [[UInt8]]
    /// Whether a form begins with a byte; most texts hold none.
    private let beginnings: [Bool]

    /// From this length on a secret's beginning at the end of a text is no accident: what a server sent may have been cut
    /// on the way too.
    private static let telling = 6

    /// What stands in a secret's place.
    package static let mark = "***"
    /// From this length on a secret is no word of a language, and is found within words too.
    private static let longest = 16
    /// Shorter ones are dummies as a rule: hyphens belong to the words that they are compared with, and case counts.
    private static let shortest = 8

    /// Strikes out these, as they are and as URLs, JSON and HTML write them.
    package init(_ secrets: [String]) {
        var forms: Set<[UInt8]> = []
        for secret in secrets where !secret.isEmpty {
            for form in [secret, Self.inURL(secret), secret.replacing("/", with: "\\/"), Self.inHTML(secret)] {
                forms.insert(Array(form.utf8))
            }
        }
        self.forms = forms.sorted { $0.count > $1.count }
        var beginnings = [Bool](repeating: false, count: 256)
        for form in self.forms {
            beginnings[Int(form[0])] = true
            beginnings[Int(Self.swappingCase(form[0]))] = true
        }
        self.beginnings = beginnings
    }

    /// The text without the secrets.
    package func redacted(_ text: String) -> String {
        guard !forms.isEmpty, text.utf8.contains(where: { beginnings[Int($0)] }) else { return text }
        let bytes = Array(text.utf8)
        var kept: [UInt8] = []
        kept.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if beginnings[Int(bytes[index])], let length = secretLength(in: bytes, at: index) {
                kept += Self.mark.utf8
                index += length
            } else {
                kept.append(bytes[index])
                index += 1
            }
        }
        return kept.count == bytes.count && kept == bytes ? text : String(decoding: kept, as: UTF8.self)
    }

    /// How many bytes of a secret, or of the beginning of one that was cut off, stand at a place; nil for none.
    private func secretLength(in bytes: [UInt8], at start: Int) -> Int? {
        for form in forms {
            let isExact = form.count < Self.shortest
            var count = 0
            while count < form.count, start + count < bytes.count,
                bytes[start + count] == form[count]
                    || !isExact && Self.swappingCase(bytes[start + count]) == form[count]
            {
                count += 1
            }
            let end = start + count
            if count == form.count {
                let isBounded = form.count < Self.longest
                let isFound =
                    !isBounded
                    || !Self.isWord(bytes, start - 1, orHyphen: isExact) && !Self.isWord(bytes, end, orHyphen: isExact)
                if isFound { return count }
            } else if count > 0, Self.isCut(bytes, at: end) || end == bytes.count && count >= Self.telling,
                count >= Self.shortest || !Self.isWord(bytes, start - 1, orHyphen: false)
            {
                return count
            }
        }
        return nil
    }

    /// Whether more stood there: a message is as long as one may be, or the mark says so.
    private static func isCut(_ bytes: [UInt8], at end: Int) -> Bool {
        end == bytes.count
            ? end > ProviderErrorBody.maximumBytes - 4 : bytes[end...].starts(with: String.cutMark.utf8)
    }

    private static func isWord(_ bytes: [UInt8], _ index: Int, orHyphen: Bool) -> Bool {
        guard bytes.indices.contains(index) else { return false }
        switch bytes[index] {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            return true
        case UInt8(ascii: "-"), UInt8(ascii: "_"): return orHyphen
        // Letters beyond ASCII, but not the mark of a cut.
        case 0x80...: return !bytes[index...].starts(with: String.cutMark.utf8)
        default: return false
        }
    }

    private static func swappingCase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) ? byte ^ 0x20 : byte
    }

    private static func inURL(_ text: String) -> String { text.percentEncoded }

    private static func inHTML(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }

    package var description: String { "a redactor" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension Redactor {
    /// The most bytes of a code or of a request's name that are kept.
    private static let maximumNameBytes = 256

    /// The error without the secrets, in all that a server said of it.
    package func redacted(_ error: LLMError) -> LLMError {
        var error = error
        error.message = redacted(error.message)
        error.code = name(error.code)
        error.requestID = name(error.requestID)
        return error
    }

    /// The result without the secrets, but for the answer itself.
    package func redacted(_ result: StreamResult) -> StreamResult {
        var result = result
        switch result.outcome {
        case .failed(let error): result.outcome = .failed(redacted(error))
        case .completed(var completion):
            let (id, model) = (name(completion.id), name(completion.model))
            guard (id, model) != (completion.id, completion.model) else { break }
            (completion.id, completion.model) = (id, model)
            result.outcome = .completed(completion)
        }
        result.responseID = name(result.responseID)
        result.model = name(result.model)
        result.requestID = name(result.requestID)
        result.serviceTier = name(result.serviceTier)
        // Its name is what the server would be asked by.
        if let cursor = result.cursor, redacted(cursor.id) != cursor.id { result.cursor = nil }
        return result
    }

    private func name(_ text: String?) -> String? {
        text.map { redacted($0.shortened(toBytes: Self.maximumNameBytes)) }
    }
}

extension String {
    /// What stands at the end of a text that was cut.
    static let cutMark = "…"

    /// The text, or as much of its beginning as goes into so many bytes, with an ellipsis that says so.
    ///
    /// Secrets are struck out later, also one that the cut goes through.
    package func shortened(toBytes maximum: Int) -> String {
        utf8.count > maximum ? prefix(ofBytes: maximum - Self.cutMark.utf8.count) + Self.cutMark : self
    }

    /// As many scalars of its beginning as go into so many bytes.
    func prefix(ofBytes maximum: Int) -> String {
        guard utf8.count > maximum else { return self }
        var size = 0
        return String(
            unicodeScalars.prefix { scalar in
                size += UTF8.width(scalar)
                return size <= maximum
            })
    }
}
