import BatchEngine
import LLMStreaming
import Testing

@testable import BatchStore

/// An answer's message does not repeat its content, and everybody reads it as it was.
@Suite struct StoredMessageTests {
    private static let contents: [String] =
        (0...0x7F).map { "a\(Unicode.Scalar(UInt8($0)))b" }
        + [
            "", "role", "assistant", ":", ",", "\\", "\"", "\"x", "x\"", "\\\"", "\"\"", "\u{1A}", "größer 😀\u{2028}",
            "two\nlines and a \"quote\" \\ slash / \t", String(repeating: "\"", count: 3_000),
        ]

    /// What providers' forms make of a content: alone, in blocks, beside a longer text that has it at its end, not at all.
    private static func messages(_ content: String) -> [JSON] {
        [
            ["role": "assistant", "content": .string(content)],
            [
                "role": "assistant",
                "content": [
                    ["type": "thinking", "thinking": .string("so: " + content), "signature": "c2ln"],
                    ["type": "text", "text": .string(content)],
                ],
            ],
            [["type": "message", "content": [["type": "output_text", "text": .string(content), "annotations": []]]]],
            ["role": "assistant", "content": .null, "refusal": .string("a\"" + content)], "\u{1A}", [:],
        ]
    }

    @Test func aMessageIsReadAsItWas() {
        for content in Self.contents {
            for message in Self.messages(content).map(\.bytes) {
                let stored = StoredMessage.stored(message, content: content)
                #expect(StoredMessage.whole(stored, content: content) == message)
                #expect(stored.count <= message.count)
            }
        }
    }

    @Test func aContentStandsInARowOnce() {
        let text = String(repeating: "word ", count: 500)
        for message in Self.messages(text).prefix(3) {
            let stored = String(decoding: StoredMessage.stored(message.bytes, content: text), as: UTF8.self)
            // Thinking that goes on with the answer is another text.
            #expect(stored.contains("\u{1A}") && stored.utf8.count <= message.bytes.count - text.utf8.count - 1)
        }
    }

    /// The longest text there is, full of what could be the beginning of the content, takes no longer than its length.
    @Test func manyQuotesAreGoneThroughOnce() {
        let quotes = String(repeating: "\"", count: 200_000)
        let message: JSON = ["thinking": .string(quotes), "text": .string(quotes + "x")]
        let stored = StoredMessage.stored(message.bytes, content: quotes + "x")
        #expect(stored.count < message.bytes.count * 2 / 3)
    }

    @Test func theViewGivesEveryMessageToTheByte() async throws {
        let contents = Self.contents
        let store = try await TestStore(jobs: newJobs(contents.count * 6))
        let rows = contents.flatMap { content in Self.messages(content).map { (content: content, message: $0.bytes) } }
        try Self.write(rows, store.database.path)
        let viewed = try store.rows("SELECT message FROM messages ORDER BY job_id")
        #expect(viewed == rows.map { String(decoding: $0.message, as: UTF8.self) })
        for (index, row) in rows.enumerated() {
            let completions = try await store.database.reader.completions(ofJob: Int64(index + 1))
            #expect(completions.map(\.message) == [row.message], "\(row.content.debugDescription)")
        }
        try await store.database.close()
    }

    private static func write(_ rows: [(content: String, message: [UInt8])], _ path: String) throws {
        let connection = try Connection(path: path, access: .writing)
        try connection.execute("BEGIN")
        try connection.execute(
            """
            INSERT INTO attempts (attempt_id, job_id, number, counts, run_id, request_sha256, started_ms, status)
            SELECT job_id, job_id, 1, 1, 1, 'x', 0, 'completed' FROM jobs
            """)
        let insert = try connection.prepare(
            """
            INSERT INTO completions (job_id, choice, attempt_id, created_ms, finish_reason, usage_source, segments,
                seams, content, message)
            VALUES (?1, 0, ?1, 0, 'stop', 'none', 1, '[]', ?2, ?3)
            """)
        for (index, row) in rows.enumerated() {
            insert.bind(index + 1, at: 1)
            insert.bind(row.content, at: 2)
            insert.bind(utf8: StoredMessage.stored(row.message, content: row.content), at: 3)
            try insert.run()
        }
        try connection.execute("COMMIT")
    }

    /// By the way of a whole attempt, and with what a merge makes of it.
    @Test func anAnswerIsStoredOnceAndMergedAsItIs() async throws {
        let fixture = try MergeFixture()
        let text = String(repeating: "five hundred words ", count: 100)
        let part = try await fixture.work(1, on: newJobs(1), in: "part.db") { try await $0.complete("j1", text: text) }
        let merged = try await fixture.merge([part], into: "merged.db")
        let message = #"{"role":"assistant","content":"\#(text)"}"#
        for path in [part, merged] {
            let stored = try sqlRows(path, "SELECT message FROM completions")
            #expect(stored == ["{\"role\":\"assistant\",\"content\":\u{1A}}"])
            #expect(try sqlRows(path, "SELECT custom_id, choice, message FROM messages") == ["j1|0|\(message)"])
            let reader = try await BatchReader.open(path)
            let result = try #require(try await reader.results().results.first)
            #expect(result.completions.map(\.message) == [Array(message.utf8)])
            await reader.close()
        }
    }
}
