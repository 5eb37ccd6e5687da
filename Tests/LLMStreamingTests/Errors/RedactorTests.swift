import Foundation
@testable import LLMStreaming
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
            (#"{"m":"{\"k\":\"ab\\\"c\\\\d\/e+f=g<h>i&7890\"}"}"#, #"{"m":"{\"k\":\"***\"}"}"#),
            (#"ab\u0022c\u005Cd\u002fe\u002Bf\u003dg\u003Ch\u003Ei\u00267890."#, "***."),
            (#"\u0061b\u0022c\\\\d\/e\u002bf=g\x3ch\x3ei&7890."#, "***."),
            ("ab&quot;c&#92;d&#x2F;e&#43;f=g&lt;h&#62;i&amp;7890.", "***."),
            ("?ab%22c%5cd/e+f=g%3Ch%3ei&7890#", "?***#"),
            ("?ab%2522c%255Cd%252fe%252Bf%253Dg%253Ch%253Ei%25267890", "?***"),
            (#"ab"c\d/e+f=g<h... is wrong"#, "***... is wrong"), (#"ab"c\d/e... is wrong"#, "***... is wrong"),
            (#"ab"c\d/e+f=g<h is wrong"#, "*** is wrong"), (#"ab"c\d is not"#, #"ab"c\d is not"#),
            (#"a key: ab"c\d%"#, "a key: ***%"), (#"a key: ab\"c\u005"#, #"a key: ab\"c\u005"#),
            (#"a key: ab\"c\\d/e\u0"#, #"a key: ***\u0"#), (#"ab"c\d/e+f=g<h\u003ei&amp;7890."#, "***."),
            ("a&b%c\\d", "a&b%c\\d"),
        ])
    func anEscapedSecretIsFoundHoweverManyOfItsBytesAreEscaped(_ text: String, _ redacted: String) {
        #expect(Redactor([#"ab"c\d/e+f=g<h>i&7890"#]).redacted(text) == redacted)
    }

    @Test func aSecretThatHoldsEscapesIsFoundAsItStands() {
        for secret in [#"k%25-%41\\u0041&amp;+0123456789"#, #"\\\\0123456789abcdefg"#, "k(.*)[a-z]+$^{2}|?"] {
            #expect(Redactor([secret]).redacted("a \(secret) b") == "a *** b")
        }
    }

    @Test func aSecretWithinBase64IsFoundWhereverItStandsInIt() {
        for before in ["", "u", "us", "user:"] {
            let base64 = Data((before + Self.key + "/?>").utf8).base64EncodedString()
            for text in [base64, base64.replacing("+", with: "-").replacing("/", with: "_")] {
                let shown = Redactor([Self.key]).redacted("Basic \(text).")
                #expect(shown.contains("***") && shown.utf8.count < 30, "\(shown)")
            }
        }
    }

    @Test func ofTwoSecretsTheOneThatBeginsAsTheOtherLeavesNothingOfIt() {
        let longer = Self.key + "-and-more"
        #expect(
            Redactor([Self.key, longer]).redacted("\(longer), \(Self.key), \(longer.dropLast())") == "***, ***, ***")
    }

    @Test func whatIsSaidAboutAnAnswerIsLookedAtAndTheAnswerIsNot() throws {
        let redactor = Redactor([Self.key, "stop", "12"])
        let text = { (kind: StreamedChunk.Kind, text: String) in redactor.redacted(StreamedChunk(kind, text)).text }
        #expect(text(.finish, Self.key) == "***" && text(.finish, "stop") == "stop")
        #expect(text(.nativeFinish, #"{"a":"\#(Self.key)"}"#) == #"{"a":"***"}"#)
        let usage = #"{"prompt_tokens":12,"a":["\#(Self.key)","12"],"\#(Self.key)":null}"#
        #expect(text(.usage, usage) == #"{"prompt_tokens":12,"a":["***","12"],"***":null}"#)
        #expect(text(.response, #"{"id":"\#(Self.key)","model":"12","n":12}"#) == #"{"id":"***","model":"***","n":12}"#)
        #expect(text(.cursor, "response 12 \(Self.key)") == "response 12 ***")
        for kind in [StreamedChunk.Kind.text, .reasoning, .toolArguments, .toolCall, .item, .block] {
            #expect(text(kind, Self.key) == Self.key)
        }
        let choice = Completion.Choice(
            index: 0, content: Self.key, toolCalls: [], finishReason: .stop, nativeFinishReason: Self.key,
            message: .string(Self.key))
        let raw = try #require(JSONParser.parse(Array(usage.utf8)).object)
        let completion = Completion(id: Self.key, model: Self.key, choices: [choice], usage: TokenUsage(raw: raw))
        guard case .completed(let clean) = redactor.redacted(StreamResult(outcome: .completed(completion))).outcome
        else { return #expect(Bool(false)) }
        #expect(clean.content == Self.key && clean.choices[0].message == .string(Self.key))
        #expect([clean.id, clean.model, clean.choices[0].nativeFinishReason] == ["***", "***", "***"])
        #expect(
            clean.usage?.promptTokens == 12 && clean.usage.map { JSON.object($0.raw).text.contains(Self.key) } == false)
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
        let provider = Provider(
            name: "lab", baseURL: "http://h/v1", needsKey: false, headers: [HeaderField(name, value)])
        let endpoint = try Endpoint(provider: provider, environment: [:])
        #expect(endpoint.redacting(LLMError(.server, "it said \(secret).")).message == "it said ***.")
    }

    @Test(arguments: [
        ("x-team", "evaluation"), ("anthropic-version", "2023-06-01"), ("User-Agent", "lab/1.0-abcdefgh123"),
    ])
    func valuesOfOtherHeadersAreNoSecrets(_ name: String, _ value: String) throws {
        let provider = Provider(
            name: "lab", baseURL: "http://h/v1", needsKey: false, headers: [HeaderField(name, value)])
        let endpoint = try Endpoint(provider: provider, environment: [:])
        #expect(endpoint.redacting(LLMError(.server, "it said \(value)")).message == "it said \(value)")
    }
}
