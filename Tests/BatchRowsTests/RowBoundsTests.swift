import BatchRows
import LLMStreaming
import Testing

/// What a row can make of a template has bounds, and a file is judged by its columns.
struct RowBoundsTests {
    private static func words(_ line: Int, _ bytes: String) -> String {
        "\(line) fault line \(line): the job line that the template makes of the row has more bytes than --max-line-bytes allows "
            + "(\(bytes))"
    }

    @Test(arguments: [RowForm.csv, .jsonl]) func aJobLineIsAsLongAsALineMayBe(form: RowForm) throws {
        let template = #"{"prompt":"{{a}}{{a}}{{a}}{{a}}"}"#
        let row = { (count: Int) in
            let text = String(repeating: "x", count: count)
            return form == .csv ? text + "\n" : "{\"a\":\"\(text)\"}\n"
        }
        let text = (form == .csv ? "a\n" : "") + row(22) + row(21) + row(1)
        let lines = try Rows.lines(template, text, form, maximumRowBytes: 97)
        let first = form == .csv ? 2 : 1
        #expect(lines[0] == Self.words(first, "97") && lines.count == 3, "\(lines)")
        #expect(lines[1].utf8.count == 97 && lines[2] == #"{"prompt":"xxxx"}"#)
        // With what is kept of the row.
        #expect(
            try Rows.lines(template, text, form, metadata: .all, maximumRowBytes: 97)[1] == Self.words(first + 1, "97"))
    }

    /// A product of what a row holds and what a template asks for is never made: 2 GB here.
    @Test func aProductIsNotMade() throws {
        let list = (0..<4000).map { _ in "1" }.joined(separator: ",")
        let row = "{\"l\":[\(list)],\"b\":\"\(String(repeating: "x", count: 500_000))\"}"
        let memory = try Rows.lines(#"{"prompt":"{{#l}}{{b}}{{/l}}"}"#, row, .jsonl)
        #expect(memory == [Self.words(1, "1,048,576")])
        // Nor one that leaves nothing: 64 billion turns.
        let nothing = try Rows.lines(#"{"prompt":"{{#l}}{{#l}}{{#l}}{{^b}}{{/b}}{{/l}}{{/l}}{{/l}}"}"#, row, .jsonl)
        #expect(nothing == [Self.words(1, "1,048,576")])
    }

    @Test func aHeaderAloneIsChecked() throws {
        let words = "unusable t.json: prompt: no column 'a'; the header has 'b', 'c'"
        for text in ["b,c", "b,c\n", "\n\nb,c\r\n\r\n", "b,c\n1\n", "b,c\n\"1"] {
            for pieces in 1...text.utf8.count {
                let lines = try Rows.lines(#"{"prompt":"{{a}}"}"#, text, pieces: pieces)
                #expect(lines.last == words && lines.count <= 2, "\(text.debugDescription): \(lines)")
            }
        }
        #expect(try Rows.lines(#"{"prompt":"{{b}}"}"#, "b,c\n") == [])
    }

    @Test(arguments: [
        (RowForm.csv, "n;name\n1;x\n", "; cells are between commas, not ';': python3 -c"),
        (.csv, "n|name\n", "; cells are between commas, not '|': python3 -c"),
        (.csv, "n\tname\n", "; --rows tsv reads cells between tabs"),
        (.tsv, "n,name\n", "; --rows csv reads cells between commas"),
        (.tsv, "n;name\n", "; cells are between tabs, not ';': python3 -c"),
        (.csv, "\"n,name\"\n", ""), (.csv, "n;name,x\n", ""), (.csv, "name\n", ""),
    ])
    func anotherDelimiterIsNamed(form: RowForm, text: String, hint: String) throws {
        let lines = try Rows.lines(#"{"prompt":"{{n}}"}"#, text, form)
        let line = try #require(lines.first)
        #expect(lines.count == 1 && line.hasPrefix("unusable t.json: prompt: no column 'n'; the header has "))
        #expect(hint.isEmpty ? line.hasSuffix("'") : line.contains("'" + hint), "\(line)")
    }
}
