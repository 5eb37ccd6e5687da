/// Strikes secrets out of what servers and proxies said: the one place that does it.
///
/// It runs over every field that is stored or shown. A long secret is found wherever it stands and in either case, a
/// short one only as a whole word: the key `k` takes no letter out of "broke". Where a text was cut, by us or on the
/// way, in the midst of a secret, its beginning is struck out too.
package struct Redactor: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// What is looked for.
    private let forms: [SecretForm]
    /// The places of the forms that begin with each byte; most bytes of a text begin none.
    private let beginnings: [[Int]]

    /// What stands in a secret's place.
    package static let mark = "***"

    /// Strikes out these, as they are and as URLs, JSON, HTML and base64 write them.
    package init(_ secrets: [String]) {
        var known: Set<SecretForm> = []
        forms = secrets.filter { !$0.isEmpty }.flatMap(SecretForm.all).filter { known.insert($0).inserted }
        var beginnings = [[Int]](repeating: [], count: 256)
        for (place, form) in forms.enumerated() {
            for byte in Set(form.beginnings) { beginnings[Int(byte)].append(place) }
        }
        self.beginnings = beginnings
    }

    /// The text without the secrets.
    ///
    /// - Parameters:
    ///   - text: what a server said.
    ///   - onlyLong: whether short ones stay: in fields of few known words, such as finish reasons, they are there by
    ///     chance.
    package func redacted(_ text: String, onlyLong: Bool = false) -> String {
        guard !forms.isEmpty, text.utf8.contains(where: { !beginnings[Int($0)].isEmpty }) else { return text }
        let bytes = Array(text.utf8)
        var kept: [UInt8] = []
        kept.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let length = beginnings[Int(bytes[index])].lazy.map { forms[$0] }.filter { !onlyLong || !$0.isWord }
                .compactMap { $0.length(in: bytes, at: index) }.max()
            if let length {
                kept += Self.mark.utf8
                index += length
            } else {
                kept.append(bytes[index])
                index += 1
            }
        }
        return kept.count == bytes.count && kept == bytes ? text : String(decoding: kept, as: UTF8.self)
    }

    package var description: String { "a redactor" }
    package var customMirror: Mirror { Mirror(self, children: []) }
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
