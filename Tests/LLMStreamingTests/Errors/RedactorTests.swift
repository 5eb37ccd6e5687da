import LLMStreaming
import Testing

/// What is struck out of what servers say, and what is not.
@Suite struct RedactorTests {
    private static let key = "sk-marked/7f3a9c51e0d2+Q=="

    @Test(
        arguments: [
            ("Incorrect API key provided: sk-marked/7f3a9c51e0d2+Q==.", "Incorrect API key provided: ***."),
            ("Bearer SK-MARKED/7F3A9C51E0D2+q==", "Bearer ***"), ("xsk-marked/7f3a9c51e0d2+Q==x", "x***x"),
            (#"{"key":"sk-marked\/7f3a9c51e0d2+Q=="}"#, #"{"key":"***"}"#),
            ("?key=sk-marked%2F7f3a9c51e0d2%2BQ%3D%3D&a", "?key=***&a"),
            ("?key=sk-marked%2f7f3a9c51e0d2%2bQ%3d%3d", "?key=***"),
            ("sk-marked/7f3a9c51e0d2+Q==sk-marked/7f3a9c51e0d2+Q==", "******"), ("sk-marked", "***"),
            ("sk-ma", "sk-ma"), ("sk-marked.", "sk-marked."), ("", ""),
        ])
    func aLongSecretIsFoundInAllItsForms(_ text: String, _ redacted: String) {
        #expect(Redactor([Self.key]).redacted(text) == redacted)
    }

    @Test(
        arguments: [
            ("k", "the key broke", "the key broke"), ("nz", "a bronze k", "a bronze k"),
            ("k", "key 'k'.", "key '***'."),
            ("EMPTY", "an empty body, EMPTY", "an empty body, ***"), ("test", "test-model: test", "test-model: ***"),
            ("key", "invalid_api_key", "invalid_api_key"), ("hunter2222", "user:hunter2222@proxy", "user:***@proxy"),
            ("hunter2222", "hunter22223", "hunter22223"), ("k", "naïvek kä", "naïvek kä"),
        ])
    func aShortSecretIsAWholeWord(_ secret: String, _ text: String, _ redacted: String) {
        #expect(Redactor([secret]).redacted(text) == redacted)
    }

    @Test func theLongestSecretGoesFirst() {
        #expect(Redactor(["pass", "user", "user:pass"]).redacted("user:pass, user, pass") == "***, ***, ***")
        #expect(Redactor([]).redacted("anything") == "anything")
        #expect(Redactor([""]).redacted("anything") == "anything")
    }

    /// What comes of a server is in the words of many errors: a finish reason, an address, an event.
    @Test(arguments: ["x", "e\u{301}", "model "])
    func aMessageHasABound(piece: String) {
        let words = String(repeating: piece, count: 1 << 18)
        let message = Redactor([]).redacted(LLMError(.decode, "an event is not JSON: \(words)")).message
        #expect(message.utf8.count <= 4096 && message.hasPrefix("an event is not JSON: \(piece)"))
    }

    @Test func noByteOfASecretThatCrossesACutIsLeft() {
        let redactor = Redactor([Self.key])
        for before in 0...60 {
            let text = String(repeating: "é ", count: before / 3) + String(repeating: ".", count: before % 3) + Self.key
            for size in 4...text.utf8.count {
                let shown = redactor.redacted((text + " and more").shortened(toBytes: size))
                for length in 1...Self.key.count {
                    #expect(!shown.contains(Self.key.prefix(length)), "\(before), \(size): \(shown)")
                }
            }
        }
        // A word that ends as a secret begins is left alone.
        #expect(redactor.redacted("a dusk…") == "a dusk…")
    }

    @Test func everyFieldOfAnErrorAndResultIsLookedAt() {
        let redactor = Redactor([Self.key])
        let error = LLMError(
            .auth, "no \(Self.key)", httpStatus: 401, code: "bad \(Self.key)", retryAfter: .seconds(1),
            requestID: "req \(Self.key)")
        let clean = LLMError(
            .auth, "no ***", httpStatus: 401, code: "bad ***", retryAfter: .seconds(1), requestID: "req ***")
        #expect(redactor.redacted(error) == clean)
        var result = StreamResult(
            outcome: .failed(error), responseID: "a \(Self.key)", model: "b \(Self.key)", requestID: Self.key)
        result.cursor = ReplayCursor(.response, id: Self.key, position: 3)
        let redacted = redactor.redacted(result)
        guard case .failed(let failure) = redacted.outcome else { return #expect(Bool(false)) }
        #expect(failure == clean)
        #expect([redacted.responseID, redacted.model, redacted.requestID] == ["a ***", "b ***", "***"])
        #expect(redacted.cursor == nil)
    }

    @Test(
        arguments: [
            ("x-vendor-key", "abc12345", "abc12345"), ("Authorization", "Basic dTpzZWNyZXQtMTI=", "secret-12"),
            ("Authorization", "Token tok-123456", "tok-123456"), ("cookie", "a=1; sid=0123456789", "0123456789"),
            ("x-custom", "0123456789abcdefg", "0123456789abcdefg"),
        ])
    func secretsOfConfiguredHeadersAreStruckOut(_ name: String, _ value: String, _ secret: String) throws {
        let provider = Provider(name: "lab", baseURL: "http://h/v1", needsKey: false, headers: [(name, value)])
        let endpoint = try Endpoint(provider: provider, environment: [:])
        #expect(endpoint.redacting(LLMError(.server, "it said \(secret).")).message == "it said ***.")
    }

    @Test(arguments: [
        ("x-team", "evaluation"), ("anthropic-version", "2023-06-01"), ("User-Agent", "lab/1.0-abcdefgh123"),
    ])
    func valuesOfOtherHeadersAreNoSecrets(_ name: String, _ value: String) throws {
        let provider = Provider(name: "lab", baseURL: "http://h/v1", needsKey: false, headers: [(name, value)])
        let endpoint = try Endpoint(provider: provider, environment: [:])
        #expect(endpoint.redacting(LLMError(.server, "it said \(value)")).message == "it said \(value)")
    }
}
