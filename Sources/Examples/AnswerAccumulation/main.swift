// An accumulator builds a complete response: thinking, text, tool calls, usage; then the conversation goes on.
//
//     LLM_MODEL=mock/tools+reasoning+tool MOCK_BASE_URL=… swift run AnswerAccumulation
import LLM4S

var options = CompletionOptions()
options.tools = [
    [
        "type": "function",
        "function": [
            "name": "get_weather", "description": "The weather of a city.",
            "parameters": [
                "type": "object", "properties": ["city": ["type": "string"]], "required": ["city"],
            ],
        ],
    ]
]
let conversation: Conversation = [.user("How is the weather in Lima?")]
let client = try LLM.client()

// One value for all that comes; a copy of it, or its snapshot, is what was known at that moment.
var answer = client.accumulator(options: options)
var snapshots: [AccumulatorSnapshot] = []
for try await chunk in client.stream(conversation, options: options) {
    answer.add(chunk)
    snapshots.append(answer.snapshot)
}
let grew = zip(snapshots, snapshots.dropFirst()).allSatisfy { $0.content.utf8.count <= $1.content.utf8.count }
print("\(snapshots.count > 1 && grew ? "came in pieces" : "came at once"), finished: \(answer.isComplete)")

// Throws where the stream did not finish: half an answer is none.
let completion = try answer.completion(isComplete: true)
if let thinking = completion.thinking { print("thought \(thinking.split(separator: " ").count) words") }
if !completion.content.isEmpty { print("said: \(completion.content)") }
for call in completion.toolCalls { print("calls \(call.name)(\(call.arguments))") }
print("ended by \(completion.finishReason.rawValue)")

// The answer and the tools' results are the next messages.
var next = conversation.appending(completion.message)
for call in completion.toolCalls { next = next.appending(.tool(#"{"sky":"clear"}"#, answering: call.id)) }
print("next: \(next.messages.map(\.role.rawValue).joined(separator: ", "))")
