import Foundation
import MockProvider
import SharedMaterial
import Testing

/// The mock's events beside recorded ones of the real providers.
@Suite struct RecordedShapeTests {
    private static func recorded(_ path: String) throws -> WireResponse {
        let fixtures = try #require(SharedMaterial.fixtures)
        var response = WireResponse()
        response.body = Array(try Data(contentsOf: fixtures.appending(path: path)))
        return response
    }

    private static let isThere = SharedMaterial.fixtures != nil

    /// The paths of all members of an object, in sorted order; only the first element of a list is looked at.
    private func members(of value: Any, at path: String = "") -> Set<String> {
        if let object = value as? [String: Any] {
            return object.reduce(into: path.isEmpty ? [] : [path]) {
                $0.formUnion(members(of: $1.value, at: "\(path).\($1.key)"))
            }
        }
        if let list = value as? [Any], let first = list.first { return members(of: first, at: path + "[]") }
        return [path]
    }

    @Test(
        .enabled(if: isThere, Comment(rawValue: SharedMaterial.absence)),
        arguments: [
            ("openai-chat/llm--test_tool_use_basic--1.sse", "count-4", ""),
            (
                "openai-chat/llm--test_tool_use_basic--0.sse", "tool",
                #""tools":[{"type":"function","function":{"name":"multiply"}}],"#
            ),
        ])
    func chatChunksHaveTheMembersOfOpenAIs(path: String, model: String, more: String) async throws {
        let recorded = try Self.recorded(path)
        let usage = #""stream_options":{"include_usage":true},"#
        let response = try await withServer {
            try await $0.post(.chat, TestDialect.chat.body(model: model, more: usage + more))
        }
        // OpenAI's first chunk of a tool call holds the role and the call; both of ours together have its members.
        let ours = response.data.prefix(2).reduce(into: Set<String>()) { $0.formUnion(members(of: $1)) }
        let theirs = recorded.data.prefix(2).reduce(into: Set<String>()) { $0.formUnion(members(of: $1)) }
        #expect(ours == theirs)
        #expect(members(of: response.data.suffix(2).first ?? [:]) == members(of: recorded.data.suffix(2).first ?? [:]))
        #expect(members(of: response.data.last ?? [:]) == members(of: recorded.data.last ?? [:]))
        #expect(response.events.last == recorded.events.last)
    }

    @Test(.enabled(if: isThere, Comment(rawValue: SharedMaterial.absence)))
    func messageEventsHaveTheMembersOfAnthropics() async throws {
        let recorded = try Self.recorded("anthropic/llm-anthropic--test_stream_events_thinking--0.sse")
        let response = try await withServer {
            try await $0.post(.messages, TestDialect.messages.body(model: "count-3+reasoning"))
        }
        /// The names of the events and of the deltas in the order of their first coming.
        func order(_ response: WireResponse) -> [String] {
            response.data.reduce(into: []) { names, event in
                let delta = JSONText.value(in: event, at: "delta.type") as? String ?? ""
                let name = (event["type"] as? String ?? "") + " " + delta
                if !names.contains(name) { names.append(name) }
            }
        }
        #expect(order(response) == order(recorded))
        for type in [
            "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop",
        ] {
            let ours = response.data.first { $0["type"] as? String == type }
            let theirs = recorded.data.first { $0["type"] as? String == type }
            #expect(members(of: ours ?? [:]) == members(of: theirs ?? [:]), "\(type)")
        }
        let start = { (response: WireResponse) in members(of: response.data[0]) }
        #expect(start(response).isSubset(of: start(recorded)))
        let missing = start(recorded).subtracting(start(response))
        #expect(
            missing.allSatisfy { $0.hasPrefix(".message.usage.") }, "only details of the usage are left out: \(missing)"
        )
    }
}
