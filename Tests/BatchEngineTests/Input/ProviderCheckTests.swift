import LLMStreaming
import Testing

@testable import BatchEngine

@Suite struct ProviderCheckTests {
    /// What an option may be, in all forms that a line may give it.
    private static let values: [CompletionOptions.Name: [JSON]] = [
        .temperature: [0, 2], .topP: [1], .maxTokens: [1], .presencePenalty: [-2], .frequencyPenalty: [2],
        .stop: ["x", ["a", "b"]], .seed: [-1], .n: [1, 2],
        .tools: [[], [[:]], [["type": "custom", "custom": ["name": "x"]]], [["type": "function", "function": [:]]]],
        .toolChoice: ["auto", "x", ["type": "allowed_tools"], [:]],
        .responseFormat: [["type": "text"], ["type": "json_schema"], ["type": "json_object"], [:]],
        .reasoning: .init(OptionsReader.reasoningEfforts.map(JSON.string)), .reasoningBudgetTokens: [1],
        .api: .init(OptionsReader.interfaces.map(JSON.string)), .serviceTier: ["flex", "x"],
    ]

    /// The encoder is not asked about such an option.
    @Test func anOptionThatIsSettledIsTakenWhateverItsValue() throws {
        let catalog = ProviderCatalog()
        var count = 0
        for provider in catalog.names.compactMap({ catalog[$0] }) {
            for api in [nil, "chat", "responses"] as [JSON?] {
                var interface = CompletionOptions()
                interface[.api] = api
                let dialect = RequestContent.conversation([], interface, extraBody: JSONObject()).dialect(at: provider)
                guard provider.speaks(dialect) else { continue }
                for name in CompletionOptions.Name.allCases
                where name != .api && ProviderCheck.isSettled(name, in: dialect, at: provider) {
                    for value in try #require(Self.values[name]) {
                        var options = interface
                        options[name] = value
                        count += 1
                        #expect(throws: Never.self, "\(name) of \(value.text) at \(provider.name)") {
                            _ = try RequestEncoder.encode(
                                .conversation([], options, extraBody: JSONObject()), model: "m", provider: provider)
                        }
                    }
                }
            }
        }
        #expect(count > 100)
    }

    @Test func anInterfaceThatAProviderLacksIsOneFault() throws {
        let line = #"""
            {"model":"anthropic/m","messages":[{"role":"user","content":[{"type":"text","text":"x"}]}],
             "options":{"seed":1,"api":"chat"}}
            """#
        #expect(try faults(of: line) == ["option 'api' has no field at provider 'anthropic'"])
    }
}
