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

    /// The text, or as much of its beginning as fits into a number of bytes, with an ellipsis that says so.
    ///
    /// Secrets are struck out later, also one that the cut goes through.
    package func shortened(toBytes maximum: Int) -> String {
        utf8.count > maximum ? prefix(ofBytes: maximum - Self.cutMark.utf8.count) + Self.cutMark : self
    }

    /// As many scalars of its beginning as fit into a number of bytes.
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

extension Redactor {
    /// The most bytes of a code or of a request's name that are kept.
    private static let maximumNameBytes = 256
    /// The most bytes of a message: what a body says, and our words around it.
    private static let maximumMessageBytes = 2 * ProviderErrorBody.maximumBytes

    /// The error without the secrets, in all that a server said of it.
    package func redacted(_ error: LLMError) -> LLMError {
        var error = error
        error.message = redacted(error.message).shortened(toBytes: Self.maximumMessageBytes)
        error.code = name(error.code)
        error.requestID = name(error.requestID)
        return error
    }

    /// The result without the secrets, but for the answer itself.
    package func redacted(_ result: StreamResult) -> StreamResult {
        var result = result
        switch result.outcome {
        case .failed(let error): result.outcome = .failed(redacted(error))
        case .completed(let completion): result.outcome = .completed(redacted(completion))
        }
        result.usage = redacted(result.usage)
        result.responseID = name(result.responseID)
        result.model = name(result.model)
        result.requestID = name(result.requestID)
        result.serviceTier = name(result.serviceTier)
        // Its name is what the server would be asked by.
        if let cursor = result.cursor, redacted(cursor.id) != cursor.id { result.cursor = nil }
        return result
    }

    /// The chunk without the secrets, where it says something about the answer; what a model wrote is never altered.
    package func redacted(_ chunk: StreamedChunk) -> StreamedChunk {
        var chunk = chunk
        switch chunk.kind {
        case .finish, .nativeFinish: chunk.text = redacted(chunk.text, onlyLong: true)
        case .usage: chunk.text = redacted(json: chunk.text, onlyLong: true)
        case .response: chunk.text = redacted(json: chunk.text)
        case .cursor:
            guard var cursor = ReplayCursor(text: chunk.text) else { break }
            cursor.id = redacted(cursor.id)
            chunk.text = cursor.text
        case .text, .reasoning, .refusal, .toolCall, .toolArguments, .signature, .citation, .reasoningDetails,
            .logprobs, .block, .item:
            break
        }
        return chunk
    }

    /// A JSON text without the secrets in its strings: a number may be a short one by chance.
    private func redacted(json text: String, onlyLong: Bool = false) -> String {
        guard finds(in: text, onlyLong: onlyLong), let json = try? JSONParser.parse(Array(text.utf8)) else {
            return text
        }
        return redacted(json, onlyLong: onlyLong).text
    }

    /// Whether a secret stands in a text.
    private func finds(in text: String, onlyLong: Bool) -> Bool {
        !forms.isEmpty && redacted(text, onlyLong: onlyLong) != text
    }

    /// Whether a secret stands in a report's strings: as a rule none does, and nothing is made anew.
    private func finds(in object: JSONObject) -> Bool {
        !forms.isEmpty && object.members.contains { finds(in: $0.key, onlyLong: true) || finds(in: $0.value) }
    }

    private func finds(in json: JSON) -> Bool {
        switch json {
        case .string(let text): finds(in: text, onlyLong: true)
        case .array(let values): values.contains { finds(in: $0) }
        case .object(let object): finds(in: object)
        case .null, .bool, .number: false
        }
    }

    private func redacted(_ json: JSON, onlyLong: Bool) -> JSON {
        switch json {
        case .string(let text): .string(redacted(text, onlyLong: onlyLong))
        case .array(let values): .array(values.map { redacted($0, onlyLong: onlyLong) })
        case .object(let object):
            .object(
                JSONObject(
                    object.members.map { member in
                        .init(
                            key: redacted(member.key, onlyLong: onlyLong),
                            value: redacted(member.value, onlyLong: onlyLong))
                    }))
        case .null, .bool, .number: json
        }
    }

    /// The answer with its texts as they are: what is said about it is looked through.
    private func redacted(_ completion: Completion) -> Completion {
        var completion = completion
        completion.id = name(completion.id)
        completion.model = name(completion.model)
        completion.usage = redacted(completion.usage)
        for index in completion.choices.indices {
            guard let reason = completion.choices[index].nativeFinishReason, finds(in: reason, onlyLong: true)
            else { continue }
            completion.choices[index].nativeFinishReason = redacted(reason, onlyLong: true)
        }
        return completion
    }

    /// The report with its figures as they are, and without the secrets in what else it says.
    private func redacted(_ usage: TokenUsage?) -> TokenUsage? {
        guard var usage, finds(in: usage.raw) else { return usage }
        usage.raw = redacted(.object(usage.raw), onlyLong: true).object ?? JSONObject()
        return usage
    }

    private func name(_ text: String?) -> String? {
        text.map { redacted($0.shortened(toBytes: Self.maximumNameBytes)) }
    }
}
