import AnswerChecks
import LLMStreaming
import Testing

/// How tool calls are watched: each by its choice and item, however their chunks come.
struct ToolWatchTests {
    private static func begin(_ name: String?, _ item: Int = 0, type: String? = nil) -> StreamedChunk {
        var opening = JSONObject()
        opening["name"] = name.map(JSON.string)
        opening["type"] = type.map(JSON.string)
        return StreamedChunk(.toolCall, JSON.object(opening).text, item: item)
    }

    private static func go(_ text: String, _ item: Int = 0) -> StreamedChunk {
        StreamedChunk(.toolArguments, text, item: item)
    }

    /// Chunks of which the last is the first that shows that no right answer comes.
    static let wrong: [[StreamedChunk]] = [
        [begin("wetter")], [begin("x", 3)],
        // A name that may have become one, until its arguments begin.
        [begin("weath"), go("  "), go("{")],
        [begin("weather"), go(#"{"c"#), go("o")], [begin("weather"), go(#"{"city":1"#)], [begin("now"), go("[")],
        [begin("weather"), go("{}")], [begin("now"), go("{}"), go("{")],
        // Arguments before the name.
        [go(#"{"zoom":"#), begin(""), begin("weather")], [go("ls"), begin("now")], [go("{"), begin("no")],
        // Several at once.
        [begin("weather"), begin("now", 1), go(#"{"ci"#), go("{", 1), go(#"ty":"a"}"#), go("]", 1)],
        [begin("weather", 2), go(#"{"city":"a"}"#, 2), begin("bad", 4)],
    ]

    @Test(arguments: wrong)
    func theLastChunkIsTheOne(chunks: [StreamedChunk]) throws {
        let stop = try #require(try CompiledCheck("tools", for: .withTools).stop(in: chunks))
        #expect(stop.index == chunks.count - 1, "\(stop.stop)")
    }

    @Test(arguments: [
        [begin("weath"), begin("weather"), go(#"{"city":"a"}"#)], [begin(nil), begin("now"), go("{}"), go(" ")],
        [go("{\"zoo"), begin("weather_map"), go("m\":1}")], [begin("shell"), go("ls"), go("[")],
        [begin("now"), begin(nil), go("{}")],
        // Tools that the provider runs itself.
        [begin("web_search", type: "server_tool_use"), go("[[")],
        [begin("weather_"), StreamedChunk(.text, "text")],
    ])
    func whatMayBecomeRightGoesOn(chunks: [StreamedChunk]) throws {
        #expect(try CompiledCheck("tools", for: .withTools).stop(in: chunks) == nil)
    }

    @Test func theCallIsTold() throws {
        let chunks = [
            Self.begin("web_search", 0, type: "server_tool_use"), Self.begin("now", 1), Self.begin("weather", 2),
            Self.go(#"{"city":"a","days":"#, 2), Self.go("\"", 2),
        ]
        let check = try CompiledCheck("tools", for: .withTools)
        let finding = try #require(check.stop(in: chunks)?.stop.finding)
        #expect(finding.description == "tool call 1 (weather) /days: found a string; asked is an integer")
        let other = try #require(check.stop(in: [Self.begin("y")])?.stop.finding)
        let names = #""weather", "weather_map", "now", "shell""#
        #expect(other.description == #"tool call 0 (y): found the name "y"; asked is the name of a tool: \#(names)"#)
    }

    @Test func callsAreNotAskedWhereOnlyTextIs() throws {
        #expect(try CompiledCheck(["max_chars": 1], for: .withTools).stop(in: [Self.begin("x"), Self.go("[")]) == nil)
    }
}
