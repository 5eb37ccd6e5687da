import LLMStreaming
import SharedMaterial

@testable import BatchEngine

/// A stream: the first byte chooses the provider, the second how it is cut, the rest is the body.
enum StreamEdge {
    private static let providers: [(Provider, Dialect)] = [
        ("openai", .openAIChat), ("anthropic", .anthropicMessages), ("openai", .openAIResponses),
        ("mistral", .openAIChat), ("openrouter", .openAIChat), ("llamacpp", .openAIChat),
    ].map { name, dialect in
        guard let provider = ProviderCatalog()[name] else { preconditionFailure("no provider '\(name)'") }
        return (provider, dialect)
    }

    static func take(_ bytes: [UInt8]) throws {
        guard bytes.count > 2 else { return }
        let (provider, dialect) = providers[Int(bytes[0]) % providers.count]
        let body = bytes[2...]
        let whole = run(body, cut: 0, provider, dialect)
        let inPieces = run(body, cut: bytes[1], provider, dialect)
        guard whole.chunks == inPieces.chunks else {
            throw Contradiction(description: "\(whole.chunks) when read at once, \(inPieces.chunks) in pieces")
        }
        use(whole, provider)
    }

    private struct Run {
        var chunks: [StreamedChunk] = []
        var error: LLMError?
        var completion: Completion?
        var accumulator: StreamingAccumulator
    }

    private static func run(
        _ body: ArraySlice<UInt8>, cut: UInt8, _ provider: Provider, _ dialect: Dialect
    ) -> Run {
        var limits = StreamingResponseHandler.Limits()
        (limits.maximumEventBytes, limits.maximumCompletionBytes) = (1 << 16, 1 << 18)
        let cursor = ReplayCursor(dialect == .openAIResponses ? .response : .conversation, id: "c", position: 0)
        var handler = StreamingResponseHandler(
            provider: provider, choices: 1, dialect: dialect, limits: limits, cursor: cursor)
        var run = Run(accumulator: handler.accumulator)
        var random = SplitMix64(state: UInt64(cut))
        var rest = body
        do {
            while !rest.isEmpty {
                let count = cut == 0 ? rest.count : Int(random.next() % UInt64(cut)) + 1
                let piece = rest.prefix(count)
                try handler.receive(piece.span, into: &run.chunks)
                rest = rest.dropFirst(count)
            }
            try handler.receiveEnd(into: &run.chunks)
            run.completion = try handler.completion()
        } catch {
            run.error = error
        }
        run.accumulator = handler.accumulator
        // Cursors stand where reads ended.
        handler.takeCursor(into: &run.chunks)
        run.chunks.removeAll { $0.kind == .cursor }
        return run
    }

    /// Does what a run does with an answer that ended: cost, verdict, what is kept and what is sent next.
    private static func use(_ run: Run, _ provider: Provider) {
        var result = StreamResult(
            outcome: run.completion.map(StreamResult.Outcome.completed)
                ?? .failed(run.error ?? LLMError(.cut, "the end is missing")),
            partial: run.accumulator.partial, usage: run.accumulator.usage, responseID: run.accumulator.responseID,
            model: run.accumulator.model, httpStatus: 200, chunkCount: run.chunks.count)
        result.cursor = run.accumulator.cursor
        settle(result)
        for base in bases { judge(result, base, provider) }
    }

    /// What it used up, by several tables of prices.
    static func settle(_ result: StreamResult) {
        for price in [0.0, 1e-6, 1e6] {
            let table = try? PriceTable([
                "openai/m": ["input_cost_per_token": .double(price), "output_cost_per_token": 1]
            ])
            let model = ModelName(provider: "openai", model: "m")
            let cost = table?.cost(of: result, in: model)
            let reservation = Reservation(
                request: Array(#"{"prompt":"x"}"#.utf8), bytes: 14, largestOutput: 1e12, price: table?.price(of: model))
            let used = reservation.used(result, cost: cost, price: table?.price(of: model))
            var budget = Budget(cap: 1)
            budget.settle(reserved: 0, used: used.cost)
            _ = JSON.double(budget.spent).text
        }
        var tokens = TokenEstimator()
        tokens.learn(
            bytes: 100, promptTokens: result.usage?.promptTokens, completionTokens: result.usage?.completionTokens)
        _ = tokens.size(bytes: 100)
    }

    /// What its job becomes, with and without kept text, and what the next request would be.
    private static func judge(_ result: StreamResult, _ base: StoredPartial?, _ provider: Provider) {
        let content = RequestContent.conversation([.user("Say it.")], CompletionOptions(), extraBody: JSONObject())
        var job = Job(
            id: 1, customID: "a", source: "a.jsonl", line: 1, provider: provider.name, model: "m", requestSHA256: "",
            request: [], attempts: 1, attemptCount: 2, partial: base)
        for policy in ResumePolicy.allCases {
            let plan = ResumePlan.make(
                partial: base, content: content, model: "m", provider: provider, policy: policy, isRefused: false)
            let verdict = AttemptVerdict(
                job: job, plan: plan, attemptID: 7, result: result, policy: RetryPolicy(), fraction: 0.5,
                now: 1_790_000_000_000)
            guard let kept = verdict.end.partial else { continue }
            // Kept in the database and read again.
            job.partial = StoredPartial(attemptID: 7, json: kept.json)
            _ = ResumePlan.make(
                partial: job.partial, content: content, model: "m", provider: provider, policy: policy,
                isRefused: false)
            job.partial = base
        }
    }

    private static let bases: [StoredPartial?] =
        [nil]
        + [
            #"{"choices":[{"choice":0,"text":"Once upon a time there was   "}],"content_deltas":7,"tokens":7,"furthest":25}"#,
            #"{"choices":[{"choice":0,"text":"ab\u0000c   \n"}],"content_deltas":1000000000000,"tokens":1000000000000,"#
                + #""seams":[{"attempt_id":3,"choice":0,"start":0,"kept":999999999999,"restored":"  "}]}"#,
        ].map { text in
            (try? JSONParser.parse(Array(text.utf8))).flatMap { StoredPartial(attemptID: 3, json: $0) }
        }

    static let seeds = [
        "0\u{5}data: {\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\","
            + "\"content\":\"Once \"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"upon\"},"
            + "\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,"
            + "\"completion_tokens\":2,\"total_tokens\":11,\"cost\":1e999,\"prompt_tokens_details\":{\"cached_tokens\":1}}}"
            + "\n\ndata: [DONE]\n\n",
        "0\u{1}data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ab   \\n  \\t      \"}}],\"usage\":"
            + "{\"prompt_tokens\":1000000000000,\"completion_tokens\":1000000000000,\"total_tokens\":2000000000000}}\n\n",
        "4\u{9}data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_details\":[{\"type\":\"reasoning.text\",\"index\":0,"
            + "\"text\":\"hm\"}],\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":"
            + "\"{}\"}}]},\"finish_reason\":\"tool_calls\",\"native_finish_reason\":\"tool\"}],\"usage\":{\"cost\":0.01,"
            + "\"is_byok\":true,\"cost_details\":{\"upstream_inference_cost\":0.5}}}\n\ndata: [DONE]\n\n",
        "3\u{3}data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"text\":"
            + "\"a\"}]},{\"type\":\"text\",\"text\":\"\\ud83d\\ude00\"}]},\"logprobs\":{\"content\":[]}}]}\n\n",
        "1\u{7}event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"model\":\"c\","
            + "\"content\":[],\"usage\":{\"input_tokens\":3,\"cache_read_input_tokens\":2,\"output_tokens\":1}}}\n\n"
            + "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
            + "{\"type\":\"text\",\"text\":\"\"}}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\","
            + "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\nevent: message_delta\ndata: "
            + "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":5}}\n\n"
            + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        "2\u{4}data: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"r1\",\"model\":\"m\"}}\n\n"
            + "data: {\"type\":\"response.output_item.added\",\"output_index\":0,\"sequence_number\":1,\"item\":{\"id\":"
            + "\"i\",\"type\":\"message\",\"content\":[]}}\n\ndata: {\"type\":\"response.output_text.delta\","
            + "\"sequence_number\":2,\"item_id\":\"i\",\"output_index\":0,\"content_index\":0,\"delta\":\"Hi\"}\n\ndata: "
            + "{\"type\":\"response.completed\",\"sequence_number\":3,\"response\":{\"id\":\"r1\",\"status\":\"completed\","
            + "\"output\":[{\"id\":\"i\",\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"Hi\"}]}],"
            + "\"usage\":{\"input_tokens\":1,\"output_tokens\":2,\"total_tokens\":3}}}\n\n",
        "5\u{2}: ping\n\nretry: 99999999999999999999\nid: 7\ndata: {\"error\":{\"message\":\"overloaded\",\"code\":529}}\n\n",
    ]
}
