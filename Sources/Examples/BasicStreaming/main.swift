import Foundation
import LLM4S

let client = try LLM.client()  // LLM_MODEL names it, as in openai/gpt-6-luna; its key is in OPENAI_API_KEY
let answer = try await client.streamComplete([.user("Count from 1 to 10.")]) { chunk in
    FileHandle.standardOutput.write(Data((chunk.content ?? "").utf8))
}
print("\n\(answer.finishReason), \(answer.usage?.completionTokens ?? 0) tokens")
