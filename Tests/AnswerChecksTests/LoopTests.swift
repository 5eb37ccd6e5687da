import AnswerChecks
import LLMStreaming
import Testing

/// Loops are found in each part of an answer, whole and while it streams.
struct LoopTests {
    private static let loop = "So:\n" + String(repeating: "no more ", count: 400)

    /// An answer with a loop in one part, and the part's name.
    static let answers: [(chunks: [StreamedChunk], part: String)] = [
        ([StreamedChunk(.text, loop)], "content"), ([StreamedChunk(.reasoning, loop)], "thinking"),
        (
            [
                StreamedChunk(.toolCall, #"{"name":"web_search","type":"server_tool_use"}"#),
                StreamedChunk(.toolCall, #"{"name":"now"}"#, item: 1), StreamedChunk(.toolArguments, "{}", item: 1),
                StreamedChunk(.toolCall, #"{"name":"shell"}"#, item: 2), StreamedChunk(.toolArguments, loop, item: 2),
            ], "tool call 1 (shell)"
        ),
        ([StreamedChunk(.text, "a"), StreamedChunk(.text, loop, choice: 1)], "choice 1, content"),
    ]

    @Test(arguments: answers)
    func ofAWholeAnswer(chunks: [StreamedChunk], part: String) throws {
        let finishes = (0..<2).map { StreamedChunk(.finish, "stop", choice: $0) }
        let found = try #require(AnswerLoops.first(in: Answer(chunks + finishes).completion))
        #expect(found.part == part)
        let json = AnswerLoops.json(part: found.part, loop: found.loop)
        let expected: JSON = ["part": .string(part), "unit": "no more ", "period": 8, "copies": 400, "start": 4]
        #expect(json == expected)
    }

    @Test(arguments: answers)
    func ofAnAnswerThatStreams(chunks: [StreamedChunk], part: String) throws {
        var watch = AnswerWatch(nil, stopsEarly: true, stopsLoops: true)
        var stops: [AnswerWatch.Stop] = []
        var count = 0
        for piece in Answer(chunks).pieces {
            if stops.isEmpty { count += 1 }
            if let stop = watch.add(piece) { stops.append(stop) }
        }
        try #require(stops.count == 1)
        let (stopped, loop) = try #require(stops[0].loop)
        #expect(stopped == part)
        #expect(loop.unit == "no more " && loop.start == 4 && loop.copies < 300)
        #expect(count < 2_200)
    }

    @Test func partsAreNotJoinedAndNothingIsStoppedWhereThatIsNotAsked() throws {
        let half = String(repeating: "no more ", count: 200)
        let chunks = [
            StreamedChunk(.text, half), StreamedChunk(.reasoning, half), StreamedChunk(.text, half, choice: 1),
            StreamedChunk(.toolArguments, half),
        ]
        var watch = AnswerWatch(nil, stopsEarly: true, stopsLoops: true)
        for chunk in chunks { #expect(watch.add(chunk) == nil) }
        let finishes = (0..<2).map { StreamedChunk(.finish, "stop", choice: $0) }
        #expect(try AnswerLoops.first(in: Answer(chunks + finishes).completion) == nil)
        var other = AnswerWatch(nil, stopsEarly: true, stopsLoops: false)
        for chunk in Self.answers[0].chunks { #expect(other.add(chunk) == nil) }
    }

    @Test func aLoopAndACheckAreWatchedTogether() throws {
        let check = try CompiledCheck(["json_schema": ["type": "string"]])
        var watch = AnswerWatch(check, stopsEarly: true, stopsLoops: true)
        #expect(watch.add(StreamedChunk(.text, "\"")) == nil)
        #expect(watch.add(StreamedChunk(.text, String(repeating: "no more ", count: 400)))?.loop?.part == "content")
        var checked = AnswerWatch(check, stopsEarly: true, stopsLoops: true)
        #expect(checked.add(StreamedChunk(.text, Self.loop))?.finding != nil)
    }
}
