import BatchRows
import LLMStreaming
import Testing

struct ObjectRowTests {
    static let template = #"{"prompt":"{{a}}"}"#

    @Test(arguments: [
        ("[1]", "a row must be a JSON object, not an array"), ("5", "a row must be a JSON object, not a number"),
        (#"{"a":1"#, "not JSON: a comma is missing at byte 6"),
        (#"{"a":01}"#, "not JSON: a comma is missing at byte 6"),
        (#"{"a":"\x"}"#, "not JSON: a bad escape at byte 6"),
        (#"{"a":1} x"#, "not JSON: text after the value at byte 8"),
        (#"{"a":1,"b":2,"a":3}"#, "the member 'a' is given twice"),
        (#"{"a":1,"\u0061":3}"#, "the member 'a' is given twice"),
        (#"{"a":1,"z":2,"z":3}"#, "the member 'z' is given twice"),
        // Half of a character is no text, wherever it stands.
        (#"{"a":"ok","b":"\ud800"}"#, "half of a surrogate pair is escaped, in column 'b'"),
        (#"{"a":"ok","b":[{"c":"x\\\uDFFFy"}]}"#, "half of a surrogate pair is escaped, in column 'b'"),
        (#"{"a":"\ud83dx\ude00"}"#, "half of a surrogate pair is escaped, in column 'a'"),
        (#"{"a":"\ud83d\ud83d\ude00"}"#, "half of a surrogate pair is escaped, in column 'a'"),
        (#"{"a":1,"\ude00":2}"#, "half of a surrogate pair is escaped, in the name of member 2"),
        ("{\"a\":\"\u{1}\"}", "not JSON: a control character in a string at byte 6"),
    ])
    func saysWhatIsWrongAndWhere(line: String, reason: String) throws {
        let lines = try Rows.lines(Self.template, "{\"a\":\"x\"}\n\n\(line)\n{\"a\":\"y\"}\n", .jsonl)
        #expect(lines == [#"{"prompt":"x"}"#, "3 fault line 3: \(reason)", #"{"prompt":"y"}"#])
    }

    @Test func wholeCharactersMayBeEscaped() throws {
        let text = #"{"\ud83d\ude00":"\uD83D\uDE00 \\ud800 \\\ud83d\ude00 \n"}"#
        #expect(
            try Rows.lines(#"{"prompt":"{{😀}}"}"#, text, .jsonl) == [
                #"{"prompt":"\uD83D\uDE00 \\ud800 \\\ud83d\ude00 \n"}"#
            ])
    }

    /// The bytes that JSON escapes a name with may be those of another name.
    @Test func aNameWithABackslashIsNotThatOfAnEscape() throws {
        let text = [
            #"{"\\u0061":"lit","b\\":"1"}"#, #"{"\u0061":"WRONG","b\\":"2"}"#, #"{"\\u0061":"again","b\u005c":"3"}"#,
            #"{"b\\":"4","\u005cu0061":"moved"}"#,
        ].joined(separator: "\n")
        #expect(
            try Rows.lines(#"{"prompt":"[{{\\u0061}}{{b\\}}]"}"#, text, .jsonl, metadata: RowMetadata(argument: "none"))
                == [
                    #"{"prompt":"[lit1]"}"#, #"{"prompt":"[2]"}"#, #"{"prompt":"[again3]"}"#, #"{"prompt":"[moved4]"}"#,
                ])
        // Of the members of a value too.
        #expect(
            try Rows.lines(
                #"{"prompt":"{{#o}}[{{\\u0061}}]{{/o}}"}"#,
                #"{"o":[{"\u0061":"WRONG"},{"\\u0061":"lit"},{"\u005cu0061":"lit"}]}"#, .jsonl)
                == [#"{"prompt":"[][lit][lit]"}"#])
    }

    @Test func namesAreComparedByTheirBytes() throws {
        let (one, two) = ("\u{E9}", "e\u{301}")
        let row = "{\"\(one)\":\"1\",\"\(two)\":\"2\",\"o\":{\"\(two)\":\"3\"}}"
        let template =
            "{\"prompt\":\"{{\(one)}}{{\(two)}}{{#o}}{{\(one)}}{{\(two)}}{{/o}}\",\"metadata\":{\"\(two)\":0}}"
        let line = try Rows.lines(template, row, .jsonl, metadata: .all)[0]
        #expect(
            Array(line.utf8)
                == Array(
                    "{\"prompt\":\"1213\",\"metadata\":{\"\(one)\":\"1\",\"o\":{\"\(two)\":\"3\"},\"\(two)\":0}}".utf8))
        // A template may spell it otherwise where only one column can be meant.
        #expect(try Rows.lines("{\"prompt\":\"{{\(two)}}\"}", "{\"\(one)\":\"1\"}", .jsonl) == [#"{"prompt":"1"}"#])
    }

    @Test func bytesThatAreNotUTF8AreAFault() throws {
        var converter = RowConverter(RowPlan(try Rows.template(Self.template)), .jsonl, maximumRowBytes: 100)
        let outcome = converter.convert(Array(#"{"a":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8), at: 9)
        guard case .fault(let fault)? = outcome else {
            Issue.record("taken: \(String(describing: outcome))")
            return
        }
        #expect(fault.description == "line 9: not UTF-8: byte 0xc3 at byte 6\(TableReaderTests.hint)")
    }

    @Test func membersAreFoundInAnyOrderAndUnderAnySpelling() throws {
        let text =
            #"{"é":"1","b":"2"}"# + "\n" + #" { "b" : "3" , "\u00e9" : "4" } "# + "\n" + #"{"x":{"é":9},"é":"5"}"#
        #expect(
            try Rows.lines(#"{"prompt":"{{é}}{{b}}."}"#, text, .jsonl) == [
                #"{"prompt":"12."}"#, #"{"prompt":"43."}"#, #"{"prompt":"5."}"#,
            ])
    }

    @Test func deepValuesAreValuesToo() throws {
        let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        #expect(
            try Rows.lines(
                #"{"extra_body":{"v":"{{a}}"},"prompt":"{{#o}}{{d}}{{t}}{{/o}}"}"#,
                "{\"a\":\(deep),\"o\":{\"d\":\(deep),\"t\":1}}", .jsonl)
                == ["{\"extra_body\":{\"v\":\(deep)},\"prompt\":\"\(deep)1\"}"])
        let tooDeep = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
        #expect(
            try Rows.lines(Self.template, "{\"a\":\(tooDeep)}", .jsonl)[0].hasPrefix(
                "1 fault line 1: not JSON: nested deeper"))
    }

    @Test func aLineOverTheLimitIsAFault() throws {
        var converter = RowConverter(RowPlan(try Rows.template(Self.template)), .jsonl, maximumRowBytes: 1234)
        guard case .fault(let fault)? = converter.convertOversized(at: 4) else {
            Issue.record("no fault")
            return
        }
        #expect(fault.description == "line 4: the row has more bytes than --max-line-bytes allows (1,234)")
        #expect(converter.rowCount == 1)
    }
}
