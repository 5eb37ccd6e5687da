import LLMStreaming
import Testing

@testable import BatchEngine

/// Which strategy a next attempt takes, and which text it sends along (SPEC 8).
struct ResumePlanTests {
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
        #expect(plan.obstacle == nil)
    }

    @Test func keptTextIsSentAlongWhereTheProviderContinuesIt() {
        let plan = plan(partial("one two thr"))
        #expect(plan.strategy == .prefill)
        #expect(plan.prefix == "one two")
        #expect(plan.prefixScalars == 7)
        #expect(plan.maximumTokens == nil)
    }

    @Test func maximumTokensAreLoweredByWhatCameButNotBelow16() {
        #expect(plan(partial("one two", tokens: 30), options: #""max_tokens": 100"#).maximumTokens == 70)
        #expect(plan(partial("one two", tokens: 99), options: #""max_tokens": 100"#).maximumTokens == 16)
        #expect(plan(partial("one two", tokens: 500), options: #""max_tokens": 100"#).maximumTokens == 16)
        #expect(plan(partial("one two", tokens: 3)).maximumTokens == nil)
    }

    @Test(arguments: [
        (#""n": 2"#, "more than one answer was asked for"),
        (#""response_format": {"type": "json_object"}"#, "the output is constrained to JSON"),
        (#""reasoning": "high""#, "thinking is enabled"),
        (#""reasoning_budget_tokens": 100"#, "thinking is enabled"),
    ])
    func requestsWhoseAnswersCannotGoOnRestart(options: String, reason: String) {
        let plan = plan(partial("one two"), options: options)
        #expect(plan.strategy == .restart)
        #expect(plan.reason == reason)
        #expect(plan.obstacle == reason)
        #expect(plan.prefix == nil)
        #expect(self.plan(nil, options: options).obstacle == reason)
    }

    @Test(arguments: [
        #""logprobs": true"#, #""top_logprobs": 2"#, #""guided_json": {"type": "object"}"#, #""grammar": "root ::= x""#,
        #""thinking": {"type": "enabled"}"#, #""chat_template_kwargs": {"enable_thinking": true}"#,
        #""reasoning_effort": "low""#,
    ])
    func extraMembersCountToo(extra: String) {
        #expect(plan(partial("one two"), extra: extra).strategy == .restart)
    }

    @Test(arguments: [
        #""logprobs": false"#, #""top_logprobs": 0"#, #""thinking": {"type": "disabled"}"#, #""thinking": null"#,
        #""chat_template_kwargs": {"enable_thinking": false}"#, #""reasoning_effort": "none""#,
        #""response_format": {"type": "text"}"#, #""grammar": null"#,
    ])
    func membersThatSwitchSomethingOffDoNot(extra: String) {
        #expect(plan(partial("one two"), extra: extra).strategy == .prefill)
    }

    @Test func whatAnAnswerBeganMayForbidIt() {
        func reason(_ change: (inout PartialAnswer.Choice) -> Void) -> String {
            var partial = partial("one two")
            change(&partial.answer.choices[0])
            let plan = plan(partial)
            #expect(plan.strategy == .restart)
            #expect(plan.obstacle == nil)
            return plan.reason
        }
        #expect(reason { $0.hasToolCall = true } == "a tool call had begun")
        #expect(reason { $0.toolCalls = [ToolCall(id: "a", name: "b", arguments: "{")] } == "a tool call had begun")
        #expect(reason { $0.refusal = "I" } == "a refusal had begun")
        #expect(reason { $0.reasoning = "hm" } == "the model was thinking")
        #expect(reason { ($0.text, $0.reasoning) = ("", "hm") } == "no text was kept")
        #expect(reason { $0.text = " wor" } == "the kept text is too short")
        var two = partial("one two")
        two.answer.choices.append(PartialAnswer.Choice(index: 1, text: "other"))
        #expect(plan(two).strategy == .restart)
    }

    @Test func policyProviderAndRefusalMayForbidIt() {
        #expect(plan(partial("one two"), policy: .restart).reason == "resuming is switched off")
        #expect(plan(partial("one two"), resume: .none).reason == "lab cannot go on from partial text")
        #expect(
            plan(partial("one two"), isRefused: true).reason
                == "lab refused to go on from partial text for this model")
        #expect(plan(partial("one two"), policy: .prefill).strategy == .prefill)
    }

    @Test func aConversationThatEndsWithTheAssistantRestarts() throws {
        let stored = #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}"#
        #expect(plan(partial("one two"), request: stored).strategy == .restart)
        #expect(plan(partial("one two"), request: #"{"body": \#(stored)}"#).strategy == .restart)
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
        let request = request ?? #"{"prompt": "p", "options": {\#(options)}, "extra_body": {\#(extra)}}"#
        do {
            return ResumePlan.make(
                partial: partial, content: try JobRequest(stored: Array(request.utf8)).content,
                provider: Provider(name: "lab", resume: resume), policy: policy, isRefused: isRefused)
        } catch {
            Issue.record(error)
            return ResumePlan(reason: "")
        }
    }
}
