import LLMStreaming
import Testing

@testable import BatchEngine

/// Which strategy a next attempt takes, and which text it sends along (Contract, "Going on from partial
/// output").
struct ResumePlanTests {
    /// A text whose prefix of 34 scalars is long enough to tell a new beginning by.
    private static let long = "one two three four five six seven eig"

    @Test(arguments: [
        ("one two thr", "one two"),
        ("one two ", "one two"),
        ("one two\r\n\r\n", "one two"),
        ("one two \t\n 3", "one two"),
        ("word", "word"),
        ("日本語のテキスト", "日本語のテキスト"),
        ("one\u{3000}日本", "one"),
        (" word", ""),
        ("e\u{301} \u{301}", "e\u{301}"),
        ("a\r\nb", "a"),
        ("", ""),
        ("   ", ""),
    ])
    func thePrefixEndsBeforeTheLastWhiteSpace(text: String, prefix: String) {
        #expect(Texts.areSame(ResumePlan.prefix(of: text), prefix))
    }

    @Test func whiteSpaceFurtherBackThan64ScalarsDoesNotCount() {
        let word = String(repeating: "x", count: 63)
        #expect(ResumePlan.prefix(of: "one " + word) == "one")
        #expect(ResumePlan.prefix(of: "one " + word + "y") == "one " + word + "y")
        #expect(ResumePlan.prefix(of: "one  " + word) == "one  " + word)
        #expect(ResumePlan.prefix(of: "one" + String(repeating: " ", count: 100)) == "one")
    }

    @Test func nothingKeptIsNoResume() {
        let plan = plan(nil)
        #expect(plan.strategy == nil)
        #expect(plan.prefix == nil)
        #expect(plan.rules.prefillObstacle == nil)
    }

    @Test func keptTextIsSentAlongWhereTheProviderContinuesIt() {
        let plan = plan(partial(Self.long))
        #expect(plan.strategy == .prefill)
        #expect(plan.prefix == "one two three four five six seven")
        #expect(plan.prefixScalars == 33)
        #expect(plan.maximumTokens == nil)
    }

    @Test func behindFewerThan32ScalarsAnAnswerBeginsAnewUnlessTheUserOrTheProviderKnowsBetter() {
        let word = String(repeating: "x", count: 31)
        let short = "the kept text is too short to tell a new beginning from its rest"
        for policy in [ResumePolicy.auto, .replay] {
            #expect(plan(partial(word), policy: policy).strategy == .restart)
            #expect(plan(partial(word), policy: policy).reason == short)
            #expect(plan(partial(word + "y"), policy: policy).strategy == .prefill)
            // What is sent along is counted, not what was kept: of both ends the white space and what follows it.
            #expect(plan(partial(word + " yyyyyyyy"), policy: policy).reason == short)
            #expect(plan(partial(word + "\n\n\n\n"), policy: policy).reason == short)
            #expect(plan(partial(word + "y zzzz"), policy: policy).prefixScalars == 32)
        }
        // Scalars, not characters or bytes.
        let flags = String(repeating: "🇩🇪", count: 16)
        #expect(plan(partial(flags)).strategy == .prefill)
        #expect(plan(partial(String(flags.dropLast()))).strategy == .restart)
        #expect(plan(partial("x"), policy: .prefill).strategy == .prefill)
        #expect(plan(partial("x"), policy: .continue).strategy == .continue)
        #expect(plan(partial("x"), Provider(name: "mistral", resume: .prefix, echoesPrefix: true)).strategy == .prefill)
        // Who may not prefill at all says that.
        #expect(plan(partial("x"), resume: .none).reason == "lab cannot go on from partial text")
    }

    @Test func maximumTokensAreLoweredByWhatCameButNotBelow16() {
        func bound(_ text: String, tokens: Int) -> Int? {
            plan(partial(text, tokens: tokens), options: #""max_tokens": 100"#, policy: .prefill).maximumTokens
        }
        #expect(bound("one two ", tokens: 30) == 74)
        #expect(bound("word", tokens: 30) == 70)
        // Of "one two" only "one" goes along: its tokens are counted rather too low.
        #expect(bound("one two", tokens: 30) == 88)
        #expect(bound("word", tokens: 99) == 16)
        #expect(bound("one two", tokens: 500) == 16)
        #expect(plan(partial("one two", tokens: 3), policy: .prefill).maximumTokens == nil)
    }

    @Test(arguments: [
        (#""n": 2"#, "more than one answer was asked for"),
        (#""response_format": {"type": "json_object"}"#, "the output is constrained to JSON"),
        (#""reasoning": "high""#, "thinking is enabled"),
        (#""reasoning_budget_tokens": 100"#, "thinking is enabled"),
    ])
    func requestsWhoseAnswersCannotGoOnRestart(options: String, reason: String) {
        let plan = plan(partial(Self.long), options: options)
        #expect(plan.strategy == .restart)
        #expect(plan.reason == reason)
        #expect(plan.rules.prefillObstacle == reason)
        #expect(plan.prefix == nil)
        #expect(self.plan(nil, options: options).rules.prefillObstacle == reason)
        #expect(self.plan(partial(Self.long), options: options, policy: .continue).strategy == .restart)
    }

    @Test(arguments: [
        #""logprobs": true"#, #""top_logprobs": 2"#, #""guided_json": {"type": "object"}"#, #""grammar": "root ::= x""#,
        #""thinking": {"type": "enabled"}"#, #""chat_template_kwargs": {"enable_thinking": true}"#,
        #""reasoning_effort": "low""#,
    ])
    func extraMembersCountToo(extra: String) {
        #expect(plan(partial(Self.long), extra: extra).strategy == .restart)
    }

    @Test(arguments: [
        #""logprobs": false"#, #""top_logprobs": 0"#, #""thinking": {"type": "disabled"}"#, #""thinking": null"#,
        #""chat_template_kwargs": {"enable_thinking": false}"#, #""reasoning_effort": "none""#,
        #""response_format": {"type": "text"}"#, #""grammar": null"#,
    ])
    func membersThatSwitchSomethingOffDoNot(extra: String) {
        #expect(plan(partial(Self.long), extra: extra).strategy == .prefill)
    }

    @Test func whatAnAnswerBeganMayForbidIt() {
        #expect(plan(partial(Self.long)).strategy == .prefill)
        func reason(_ change: (inout PartialAnswer.Choice) -> Void) -> String {
            var partial = partial(Self.long)
            change(&partial.answer.choices[0])
            let plan = plan(partial)
            #expect(plan.strategy == .restart)
            #expect(plan.rules.prefillObstacle == nil)
            return plan.reason
        }
        #expect(reason { $0.hasToolCall = true } == "a tool call had begun")
        #expect(reason { $0.toolCalls = [ToolCall(id: "a", name: "b", arguments: "{")] } == "a tool call had begun")
        #expect(reason { $0.refusal = "I" } == "a refusal had begun")
        #expect(reason { $0.reasoning = "hm" } == "the model was thinking")
        #expect(reason { ($0.text, $0.reasoning) = ("", "hm") } == "no text was kept")
        #expect(reason { $0.text = " wor" } == "the kept text is too short")
        var two = partial(Self.long)
        two.answer.choices.append(PartialAnswer.Choice(index: 1, text: "other"))
        #expect(plan(two).strategy == .restart)
    }

    @Test func policyProviderAndRefusalMayForbidIt() {
        #expect(plan(partial(Self.long), policy: .restart).reason == "resuming is switched off")
        #expect(plan(partial(Self.long), resume: .none).reason == "lab cannot go on from partial text")
        #expect(
            plan(partial(Self.long), isRefused: true).reason
                == "lab refused to go on from partial text for this model")
        #expect(plan(partial(Self.long), policy: .prefill).strategy == .prefill)
    }

    @Test func aConversationThatEndsWithTheAssistantRestarts() throws {
        let stored = #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}"#
        #expect(plan(partial(Self.long), request: stored).strategy == .restart)
        #expect(plan(partial(Self.long), request: #"{"body": \#(stored)}"#).strategy == .restart)
    }

    /// What a provider can do, what the user allows, what was kept, and the strategy and reason that follow.
    private static let table: [(Provider, ResumePolicy, kept: String, ResumeStrategy, String)] = [
        (llamacpp, .auto, "stream", .replay, "llamacpp keeps the stream and sends the rest of it"),
        (llamacpp, .auto, "text", .prefill, "llamacpp continues a last assistant message"),
        (llamacpp, .replay, "stream", .replay, "llamacpp keeps the stream and sends the rest of it"),
        (llamacpp, .replay, "text", .prefill, "llamacpp continues a last assistant message"),
        (llamacpp, .prefill, "stream", .prefill, "llamacpp continues a last assistant message"),
        (llamacpp, .continue, "stream", .continue, "the model is asked to go on, as the user allows"),
        (llamacpp, .restart, "stream", .restart, "resuming is switched off"),
        (llamacpp, .auto, "cursor", .replay, "llamacpp keeps the stream and sends the rest of it"),
        (llamacpp, .auto, "thinking", .replay, "llamacpp keeps the stream and sends the rest of it"),
        (llamacpp, .prefill, "thinking", .restart, "the model was thinking"),
        (llamacpp, .auto, "tool call", .restart, "a tool call had begun"),
        (responses, .auto, "stream", .restart, "the Responses interface cannot go on from partial text"),
        (responses, .replay, "stream", .replay, "openai keeps the stream and sends the rest of it"),
        (responses, .replay, "text", .restart, "the Responses interface cannot go on from partial text"),
        (responses, .continue, "text", .continue, "the model is asked to go on, as the user allows"),
        (
            router, .auto, "text", .restart,
            "openrouter may not go on from partial text exactly: --resume prefill lets it try"
        ),
        (router, .prefill, "text", .prefill, "openrouter continues a last assistant message"),
        (router, .continue, "text", .continue, "the model is asked to go on, as the user allows"),
    ]
    private static let llamacpp = Provider(
        name: "llamacpp", resume: .assistant, replay: .conversation, keepsStreams: true)
    private static let responses = Provider(
        name: "openai", dialect: .openAIResponses, resume: .assistant, replay: .response)
    private static let router = Provider(name: "openrouter", resume: .assistant, isResumeCertain: false)

    @Test func theStrategyFollowsFromProviderPolicyAndWhatWasKept() {
        for (provider, policy, kept, strategy, reason) in Self.table {
            var partial = partial(Self.long)
            switch kept {
            case "stream": partial.cursor = ReplayCursor(.conversation, id: "c", position: 9)
            case "cursor":
                partial.answer.choices = []
                partial.cursor = ReplayCursor(.conversation, id: "c", position: 9)
            case "thinking":
                partial.answer.choices[0].reasoning = "hm"
                partial.cursor = ReplayCursor(.conversation, id: "c", position: 9)
            case "tool call":
                partial.answer.choices[0].hasToolCall = true
                partial.cursor = ReplayCursor(.conversation, id: "c", position: 9)
            default: break
            }
            let plan = plan(partial, provider, policy: policy)
            #expect(plan.strategy == strategy, "\(provider.name) \(policy) \(kept)")
            #expect(plan.reason == reason, "\(provider.name) \(policy) \(kept)")
            #expect((plan.cursor != nil) == (strategy == .replay))
            #expect((plan.prefix != nil) == (strategy == .prefill || strategy == .continue))
        }
    }

    @Test func aStreamIsKeptWhereItsRestMayBeAskedFor() {
        func keeps(_ provider: Provider, _ policy: ResumePolicy, options: String = "") -> ReplayCursor.Form? {
            plan(nil, options: options, provider, policy: policy).keeps
        }
        #expect(keeps(Self.llamacpp, .auto) == .conversation)
        #expect(keeps(Self.llamacpp, .prefill) == nil)
        #expect(keeps(Self.llamacpp, .restart) == nil)
        #expect(keeps(Self.llamacpp, .auto, options: #""n": 2"#) == nil)
        #expect(keeps(Self.llamacpp, .auto, options: #""response_format": {"type": "json_object"}"#) == .conversation)
        #expect(keeps(Self.responses, .auto) == nil)
        #expect(keeps(Self.responses, .replay) == .response)
        #expect(keeps(Self.router, .replay) == nil)
    }

    @Test func aRequestThatGoesOnSaysHowMuchOfTheAnswerThereIs() throws {
        func kept(_ policy: ResumePolicy, polls: Int? = nil, cursor: Bool = false) throws -> Int {
            var job = Job(
                id: 1, customID: "a", source: "a", line: 1, provider: "llamacpp", model: "m", requestSHA256: "a",
                request: Array(#"{"prompt": "p"}"#.utf8))
            job.partial = partial(Self.long + "ü")
            job.partial?.answer.choices[0].reasoning = cursor ? "hm" : ""
            if cursor { job.partial?.cursor = ReplayCursor(.conversation, id: "c", position: 9) }
            job.partial?.pollCount = polls
            return try PreparedAttempt(
                job, provider: Self.llamacpp, policy: policy, isRefused: false, streamID: "s"
            ).request.keptByteCount
        }
        let bytes = Self.long.utf8.count + 2
        #expect(try kept(.prefill) == bytes)
        #expect(try kept(.continue) == bytes)
        #expect(try kept(.auto, cursor: true) == bytes + 2)
        // They bring all of it.
        #expect(try kept(.restart) == 0)
        #expect(try kept(.auto, polls: 1, cursor: true) == 0)
    }

    private func partial(_ text: String, tokens: Int = 3) -> StoredPartial {
        let answer = PartialAnswer(choices: [PartialAnswer.Choice(index: 0, text: text)], contentDeltaCount: tokens)
        return StoredPartial(
            attemptID: 7, answer: answer, seams: [Seam(attemptID: 7, choice: 0, kept: text.unicodeScalars.count)])
    }

    private func plan(
        _ partial: StoredPartial?, options: String = "", extra: String = "", request: String? = nil,
        resume: Provider.ResumeCapability = .continueFinalMessage, policy: ResumePolicy = .auto,
        isRefused: Bool = false
    ) -> ResumePlan {
        plan(
            partial, options: options, extra: extra, request: request, Provider(name: "lab", resume: resume),
            policy: policy, isRefused: isRefused)
    }

    private func plan(
        _ partial: StoredPartial?, options: String = "", extra: String = "", request: String? = nil,
        _ provider: Provider, policy: ResumePolicy = .auto, isRefused: Bool = false
    ) -> ResumePlan {
        let request = request ?? #"{"prompt": "p", "options": {\#(options)}, "extra_body": {\#(extra)}}"#
        do {
            return ResumePlan.make(
                partial: partial, content: try JobRequest(stored: Array(request.utf8)).content, model: "m",
                provider: provider, policy: policy, isRefused: isRefused)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
