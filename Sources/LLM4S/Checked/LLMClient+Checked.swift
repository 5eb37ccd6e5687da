public import LLMStreaming

extension LLMClient {
    /// Asks the model for a value of a type, checks and decodes what it writes, and asks again where that is wrong.
    ///
    /// ```swift
    /// struct Review: Decodable {
    ///     let label: String
    ///     let score: Int
    /// }
    /// let schema: JSON = [
    ///     "type": "object", "additionalProperties": false, "required": ["label", "score"],
    ///     "properties": [
    ///         "label": ["enum": ["good", "bad"]], "score": ["type": "integer", "description": "0 to 10"],
    ///     ],
    /// ]
    /// let review = try await client.complete([.user("Judge: 'It broke.'")], as: Review.self, schema: schema).value
    /// print(review.label, review.score)
    /// ```
    ///
    /// The schema goes to the provider in the form of its interface, unless `options` say themselves what form the
    /// answer has (`response_format`): so a provider that takes only some of the keywords can be sent fewer than are
    /// checked. Whatever it makes of them, the answer is checked here as it streams: its first byte that can belong to no
    /// right answer closes the stream, and what would have followed is not paid. With tools it is checked at its end. A
    /// code fence around the value and thinking tags before it are taken off. A wrong answer is asked for again as
    /// ``CheckingOptions`` say; a refusal, and an answer that is cut at its bound of tokens, are not. (Anthropic says only
    /// at the end that it refuses: other text before that is a wrong answer.)
    ///
    /// `onStart` is called once and first, then exactly one of `onComplete` and `onError`. `onChunk` is called for the
    /// pieces of all answers, the wrong ones too; ``CheckingOptions/onRejected`` is called between them. Cancelling the
    /// task ends the stream at the server too.
    /// - Parameters:
    ///   - conversation: the messages, oldest first.
    ///   - type: what the value is decoded as.
    ///   - schema: a JSON Schema, of the draft that `$schema` names, else 2020-12.
    ///   - options: sampling, length; `n` is 1.
    ///   - checking: what follows a wrong answer, and how the value is decoded.
    ///   - streaming: whom to tell, and how long to wait for each answer.
    /// - Throws: kind `invalid_answer` where no answer was right, with what was wrong with the last and its code
    ///   (``RejectedCompletion/error``), and where the value fits the schema but cannot be decoded, with the place;
    ///   `invalid_request` for what is no schema, and where the provider refuses it; else why there is no whole answer.
    public func complete<Value: Decodable & Sendable>(
        _ conversation: Conversation, as type: Value.Type, schema: JSON,
        options: CompletionOptions = CompletionOptions(), checking: CheckingOptions = CheckingOptions(),
        streaming: StreamingOptions = StreamingOptions()
    ) async throws(LLMError) -> CheckedAnswer<Value> {
        streaming.onStart()
        do throws(LLMError) {
            var asking = try CheckedAsking(
                conversation, options: options.asking(for: schema, called: "\(type)", isStrict: checking.isStrict),
                schema: schema, by: self, checking: checking, streaming: streaming)
            let right = try await asking.rightAnswer()
            let value: Value
            do throws(LLMError) { value = try checking.decoder.value(type, of: right.completion.content) } catch {
                // It is paid, and whoever asked may want it all the same.
                asking.reject(RejectedCompletion(right.result, as: error))
                throw error
            }
            streaming.onComplete(right.completion)
            return CheckedAnswer(
                value: value, completion: right.completion, takenOff: right.takenOff, rejected: asking.rejected)
        } catch {
            streaming.onError(error)
            throw error
        }
    }
}

extension CompletionOptions {
    /// These options with a schema for the answer, unless they say themselves what form it has.
    ///
    /// - Parameter name: what the schema is called; any text.
    fileprivate func asking(for schema: JSON, called name: String, isStrict: Bool) -> CompletionOptions {
        guard self[.responseFormat] == nil else { return self }
        var format = JSONObject([
            .init(key: "name", value: .string(Self.schemaName(name))), .init(key: "schema", value: schema),
        ])
        if isStrict { format["strict"] = true }
        var options = self
        options[.responseFormat] = ["type": "json_schema", "json_schema": .object(format)]
        return options
    }

    /// A name as OpenAI takes it: 1 to 64 letters, digits, `_` and `-` of ASCII.
    private static func schemaName(_ name: String) -> String {
        let characters = name.prefix(64).map { character in
            character.isASCII && (character.isLetter || character.isNumber) || character == "-" ? character : "_"
        }
        return characters.isEmpty ? "answer" : String(characters)
    }
}
