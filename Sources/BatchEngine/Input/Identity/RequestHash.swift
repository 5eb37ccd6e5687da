import CSHA256
package import LLMStreaming

/// The SHA-256 over the canonical form of what a job asks: the same for the same question, however it is written.
///
/// It covers provider and model (after defaults), messages (prompt and system as messages), options without nulls and
/// extra body; of a batch line the body without `model`, which is covered already, and without `stream`, which is set
/// by us. Not covered are metadata, resume, id, file and URL (Contract, "Job lines").
package struct RequestHash: Sendable, Hashable {
    /// The digest as four numbers, the first bytes in the first one's highest.
    private var words: (UInt64, UInt64, UInt64, UInt64)

    /// Hashes a request.
    package init(_ content: RequestContent, _ model: ModelName) {
        self.init(sha256Of: Self.canonicalForm(content, model))
    }

    init(sha256Of bytes: [UInt8]) {
        let digest = unsafe [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            unsafe csha256(bytes, bytes.count, buffer.baseAddress)
            count = 32
        }
        func word(_ index: Int) -> UInt64 { digest[index * 8..<index * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        words = (word(0), word(1), word(2), word(3))
    }

    /// The digest's first 64 bits, of which ids of lines without one are made.
    package var prefix: UInt64 { words.0 }

    /// The whole digest in lower-case hexadecimal.
    package var hexadecimal: String {
        words.0.hexadecimal + words.1.hexadecimal + words.2.hexadecimal + words.3.hexadecimal
    }

    package static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

    /// The text that is hashed.
    static func canonicalForm(_ content: RequestContent, _ model: ModelName) -> [UInt8] {
        var members: [JSONObject.Member] = []
        switch content {
        case .conversation(let conversation, let options, let extraBody):
            if !extraBody.isEmpty { members.append(.init(key: "extra_body", value: .object(extraBody))) }
            members.append(.init(key: "messages", value: .array(conversation.messages.map(json))))
            let given = options.members.members.filter { !$0.value.isNull }
            if !given.isEmpty { members.append(.init(key: "options", value: .object(JSONObject(given)))) }
        case .body(let body, _):
            let given = body.members.filter { $0.key != "stream" && $0.key != "model" }
            members.append(.init(key: "body", value: .object(JSONObject(given))))
        }
        members.append(.init(key: "model", value: .string(model.model)))
        members.append(.init(key: "provider", value: .string(model.provider)))
        return JSON.object(JSONObject(members)).canonicalBytes
    }

    /// The message with its members in the canonical order, which saves the sorting.
    private static func json(_ message: Message) -> JSON {
        var members: [JSONObject.Member] = []
        members.reserveCapacity(2)
        switch message.content {
        case .text(let text)?: members.append(.init(key: "content", value: .string(text)))
        case .parts(let parts)?: members.append(.init(key: "content", value: .array(parts)))
        case nil: break
        }
        if let name = message.name { members.append(.init(key: "name", value: .string(name))) }
        members.append(.init(key: "role", value: .string(message.role.rawValue)))
        if let id = message.toolCallID { members.append(.init(key: "tool_call_id", value: .string(id))) }
        if !message.toolCalls.isEmpty {
            members.append(.init(key: "tool_calls", value: .array(message.toolCalls.map(\.json))))
        }
        members += message.otherMembers.members
        return .object(JSONObject(members))
    }
}

extension UInt64 {
    /// Sixteen lower-case hexadecimal digits.
    var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
