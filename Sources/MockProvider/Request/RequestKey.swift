import Foundation

/// The key under which the tries of a request are counted.
enum RequestKey {
    /// The hash of a body without what a resumed try changes: a trailing assistant message, its flags and the token limit.
    ///
    /// So `times=1` means once for a job, whether its next try starts again or goes on; bodies that are equal have equal
    /// keys.
    ///
    /// - Parameter asksToGoOn: Whether the last two messages are a partial answer and the user's asking to go on.
    static func key(path: String, body: [UInt8], asksToGoOn: Bool = false) -> UInt64 {
        let start = Hash64.hash(path.utf8)
        guard case .object(let members)? = try? JSONDecoder().decode(JSON.self, from: Data(body)) else {
            return Hash64.hash(body, from: start)
        }
        let changing: Set = [
            "max_tokens", "max_completion_tokens", "max_output_tokens", "continue_final_message",
            "add_generation_prompt",
        ]
        let lasting = members.compactMap { member -> (key: String, value: JSON)? in
            if changing.contains(member.key) { return nil }
            guard member.key == "messages" || member.key == "input", case .array(var messages) = member.value else {
                return member
            }
            if asksToGoOn {
                messages.removeLast(2)
            } else if messages.last?["role"]?.string == "assistant" {
                messages.removeLast()
            }
            return (member.key, .array(messages))
        }
        return Hash64.hash(JSON.object(lasting).text.utf8, from: start)
    }
}
