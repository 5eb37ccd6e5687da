import LLMStreaming
import Testing

@Suite struct HeaderFieldTests {
    /// Few fields are compared with each other, many by a set.
    @Test(arguments: [0, 100])
    func ofTheSameNameTheLastIsSent(others: Int) {
        let others = (0..<others).map { HeaderField("x-\($0)", "\($0)") }
        let fields = [HeaderField("Accept", "a"), HeaderField("host", "b")] + others
        let last = [HeaderField("X_trace", "1"), HeaderField("accept", "c"), HeaderField("x_trace", "2")]
        #expect(
            (fields + last).lastOfEachName == [HeaderField("host", "b")] + others + [last[1], last[2]])
        // Bit 5 tells letters apart by case only; here it makes other names.
        let similar = [
            HeaderField("a-b", "1"), HeaderField("a\u{0D}b", "2"), HeaderField("a^", "3"), HeaderField("a~", "4"),
        ]
        #expect((others + similar).lastOfEachName == others + similar)
    }

    @Test(arguments: [
        ("text/event-stream", "text/event-stream"), ("Text/Event-Stream; charset=UTF-8", "text/event-stream"),
        (" application/json\t;q=1", "application/json"), (";", ""), ("", ""),
    ])
    func aMediaTypeIsReadWithoutItsParameters(value: String, type: String) {
        #expect(ResponseHead(status: 200, headers: [HeaderField("Content-Type", value)]).mediaType == type)
    }
}
