import BatchRows
import LLMStreaming
import SharedMaterial
import Testing

struct RowTemplateTests {
    static let header = "id,title,temp,max,top\n"

    @Test func aRowBecomesAJobLine() throws {
        let template =
            #"{"id": "q-{{id}}", "messages": [{"role": "user", "content": "{{title}}!"}], "options": {"n": 1}}"#
        #expect(
            try Rows.lines(template, "id,title\n7,\"A \"\"b\"\"\nc\"\n8,\n") == [
                #"{"id":"q-7","messages":[{"role":"user","content":"A \"b\"\nc!"}],"options":{"n":1}}"#,
                #"{"id":"q-8","messages":[{"role":"user","content":"!"}],"options":{"n":1}}"#,
            ])
    }

    @Test func aCellIsANumberOrABooleanWhereTheFieldIsOne() throws {
        let template = #"""
            {"id": "{{id}}", "prompt": "{{title}}", "options": {"temperature": "{{temp}}", "max_tokens": "{{max}}", "top_p": "{{top}}", "stop": "{{max}}"}, "extra_body": {"k": "{{max}}"}, "metadata": {"m": "{{temp}}"}}
            """#
        let lines = try Rows.lines(
            template, Self.header + "1,2,0.70,00,\n2,,1e2,12345678901234567890,true\n3,x,,-1,.5\n4,x, 1,1 ,1x\n")
        #expect(
            lines == [
                // A number with a leading zero is none of JSON's.
                #"{"id":"1","prompt":"2","options":{"temperature":0.70,"max_tokens":"00","stop":"00"},"extra_body":{"k":"00"},"metadata":{"m":"0.70"}}"#,
                #"{"id":"2","prompt":"","options":{"temperature":1e2,"max_tokens":12345678901234567890,"top_p":"true","stop":"12345678901234567890"},"extra_body":{"k":"12345678901234567890"},"metadata":{"m":"1e2"}}"#,
                #"{"id":"3","prompt":"x","options":{"max_tokens":-1,"top_p":".5","stop":"-1"},"extra_body":{"k":"-1"},"metadata":{"m":""}}"#,
                #"{"id":"4","prompt":"x","options":{"temperature":" 1","max_tokens":"1 ","top_p":"1x","stop":"1 "},"extra_body":{"k":"1 "},"metadata":{"m":" 1"}}"#,
            ])
        // An option that is the first of its object, or the only one.
        #expect(
            try Rows.lines(#"{"options":{"seed":"{{ id }}"}}"#, "id\n\"\"\n5\n") == [
                #"{"options":{}}"#, #"{"options":{"seed":5}}"#,
            ])
    }

    @Test func aBooleanFieldTakesABooleanOnly() throws {
        let schema: JSON = ["properties": ["flag": ["type": ["boolean", "null"]], "n": ["enum": [1, 2]]]]
        let template = try RowTemplate(Array(#"{"flag":"{{f}}","n":"{{f}}"}"#.utf8), name: "t", schema: schema)
        var converter = RowConverter(RowPlan(template, metadata: .none), .csv, maximumRowBytes: 100)
        let lines = Rows.outcomes(of: &converter, "f\ntrue\nfalse\n1\nTRUE\ntruex\n").map { $0.outcome }
        let texts = [
            #"{"flag":true,"n":"true"}"#, #"{"flag":false,"n":"false"}"#, #"{"flag":"1","n":1}"#,
            #"{"flag":"TRUE","n":"TRUE"}"#, #"{"flag":"truex","n":"truex"}"#,
        ]
        #expect(lines == texts.map { .jobLine(Array($0.utf8)) })
    }

    @Test func aValueOfJSONKeepsItsTypeWhereTheFieldCanHaveIt() throws {
        let template =
            #"{"id":"{{i}}","messages":"{{m}}","options":{"seed":"{{s}}","stop":["{{i}}","{{x}}"]},"extra_body":{"v":"{{x}}"}}"#
        let lines = try Rows.lines(
            template,
            """
            {"i":12345678901234567890,"m":[{"role":"user","content":"a\\u0041"}],"s":1.10,"x":{"k": [1, -0.0]}}
            {"i":true,"m":[],"s":null,"x":false}
            {"i":"a\\"b","x":"{{i}}"}
            {"i":null,"m":"text","s":"5","x":[]}
            """, .jsonl)
        #expect(
            lines == [
                // A field that is text only takes the text of a value.
                #"{"id":"12345678901234567890","messages":[{"role":"user","content":"a\u0041"}],"options":{"seed":1.10,"stop":["12345678901234567890","{\"k\": [1, -0.0]}"]},"extra_body":{"v":{"k": [1, -0.0]}}}"#,
                #"{"id":"true","messages":[],"options":{"seed":null,"stop":["true","false"]},"extra_body":{"v":false}}"#,
                #"{"id":"a\"b","options":{"stop":["a\"b","{{i}}"]},"extra_body":{"v":"{{i}}"}}"#,
                #"{"id":null,"messages":"text","options":{"seed":"5","stop":["","[]"]},"extra_body":{"v":[]}}"#,
            ])
    }

    @Test func aColumnThatThereIsNotIsAFaultThatNamesThoseThereAre() throws {
        let template = #"{"id":"{{ID}}","messages":[{"role":"user","content":"{{#titel}}{{titel}}{{/titel}}{{.}}"}]}"#
        #expect(
            try Rows.lines(template, "id,title\n1,2\n3,4\n") == [
                """
                unusable t.json: id: no column 'ID'; the header has 'id', 'title'
                t.json: messages[0].content: no column 'titel'; the header has 'id', 'title'
                t.json: messages[0].content: {{.}} stands in no section
                """
            ])
        #expect(
            try Rows.lines(#"{"prompt":"{{b}}"}"#, "{\"a\":1}\n{\"b\":1}\n", .jsonl) == [
                "unusable t.json: prompt: no column 'b'; the first row has 'a'"
            ])
        #expect(
            try Rows.lines(#"{"prompt":"{{b}}"}"#, "{}\n", .jsonl) == [
                "unusable t.json: prompt: no column 'b'; the first row has no members"
            ])
    }

    /// Members of a value may be there in some rows only: nobody can tell a name that is wrong.
    @Test func onlyColumnsAreKnownByTheFirstRow() throws {
        let list = #"{"prompt":"<{{#d}}{{t}}{{/d}}>"}"#
        for nothing in ["[]", "null", "0", "false", #""""#, #"[{"u":1}]"#, #"{"u":1}"#, #"["x"]"#, "[[]]"] {
            #expect(
                try Rows.lines(list, "{\"d\":\(nothing)}\n{\"d\":[{\"t\":\"x\"},{}]}\n{\"d\":{\"t\":\"y\"}}", .jsonl)
                    == [#"{"prompt":"<>"}"#, #"{"prompt":"<x>"}"#, #"{"prompt":"<y>"}"#], "\(nothing)")
        }
        #expect(try Rows.lines(list, #"{"d":[{"u":1},{"t":2}]}"#, .jsonl) == [#"{"prompt":"<2>"}"#])
        for first in [#"{"u":1}"#, "null"] {
            #expect(
                try Rows.lines(#"{"prompt":"<{{d.t}}>"}"#, "{\"d\":\(first)}\n{\"d\":{\"t\":1}}", .jsonl) == [
                    #"{"prompt":"<>"}"#, #"{"prompt":"<1>"}"#,
                ])
        }
        // A text, a number and true have no members.
        for scalar in [#""x""#, "1", "true"] {
            #expect(
                try Rows.lines(list, "{\"d\":\(scalar)}", .jsonl) == [
                    "unusable t.json: prompt: no column 't'; the first row has 'd'"
                ])
        }
        #expect(
            try Rows.lines(#"{"prompt":"{{e.t}}{{d.t}}"}"#, #"{"d":"x"}"#, .jsonl) == [
                """
                unusable t.json: prompt: no column 'e.t'; the first row has 'd'
                t.json: prompt: no column 'd.t'; the first row has 'd'
                """
            ])
    }

    @Test func aNameCanBeAnythingThatAHeaderIs() throws {
        let header = "first name,Größe (cm),a.b,\" spaced \",$x,%,価格\n"
        let template = #"{"prompt":"{{first name}}|{{Größe (cm)}}|{{a.b}}|{{spaced}}|{{$x}}|{{%}}|{{ 価格 }}"}"#
        #expect(try Rows.lines(template, header + "1,2,3,4,5,6,7\n") == [#"{"prompt":"1|2|3|4|5|6|7"}"#])
    }

    @Test(arguments: [
        ("{\n  \"id\" 1}", "t.json: not JSON: a colon is missing, line 2, column 8"),
        ("[]", "t.json: a template must be a JSON object, one job line, not an array"),
        ("", "t.json: not JSON: unexpected end, line 1, column 1"),
        (#"{"a":1,"b":{"c":[{"d":1,"d":1}]},"a":2}"#, "t.json: a is given twice\nt.json: b.c[0].d is given twice"),
        (#"{"a":{"{{k}}":1}}"#, "t.json: a.{{k}}: a member's name can hold no {{column}}"),
        (
            #"{"a":["{{","x{{/y}}"]}"#, "t.json: a[0]: {{ is not closed by }}\nt.json: a[1]: {{/y}} closes no section"
        ),
    ])
    func aTemplateThatIsNoneIsAFault(text: String, words: String) {
        #expect(throws: RowTemplate.Faults.self) { _ = try Rows.template(text) }
        do throws(RowTemplate.Faults) { _ = try Rows.template(text) } catch { #expect(error.description == words) }
    }

    @Test func aTemplateThatIsNotUTF8IsAFault() {
        let bytes: [UInt8] = Array("{\n\"a\": \"".utf8) + [0xFF] + Array("\"}".utf8)
        do throws(RowTemplate.Faults) {
            _ = try RowTemplate(bytes, name: "t.json", schema: Rows.schema)
            Issue.record("taken")
        } catch {
            #expect(error.description == "t.json: not UTF-8, line 2, column 7")
        }
    }

    /// Whatever stands in a cell or a member, the line is JSON and says just that.
    @Test(arguments: [RowForm.csv, .tsv, .jsonl])
    func valuesNeverBreakTheLine(form: RowForm) throws {
        let seed = environment("LLM4S_ROWS_SEED", default: 1)
        var random = SplitMix64(state: UInt64(seed) &+ 2)
        let parts = [
            "\"", "\\", "\\\"", "{{x}}", "{{{y}}}", "{{#x}}", "\u{0}", "\u{1}", "\u{1F}", "\u{7F}", "\n", "\r\n", "\t",
            "\u{2028}", "\u{2029}", "\\u0041", "\\x", "\\ud800", "é", "𝄞", "</script>", "&lt;", "}", "]", ",", "1", "",
            "null",
        ]
        let template =
            #"{"id":"{{x}}","messages":[{"role":"user","content":"<{{x}}|{{{y}}}|{{#x}}{{y}}{{/x}}>"}],"metadata":{"own":"{{y}}"}}"#
        for trial in 0..<environment("LLM4S_ROWS_TRIALS", default: 500) {
            let values = (0..<2).map { _ in
                (0..<Int.random(in: 0...8, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }
                    .joined()
            }
            let (x, y) = (values[0], values[1])
            let text: String
            if let delimiter = form.delimiter {
                let cells = values.map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }
                text =
                    "x\(Character(Unicode.Scalar(delimiter)))y\n"
                    + cells.joined(separator: String(Character(Unicode.Scalar(delimiter))))
            } else {
                text = Self.escaped(["x": .string(x), "y": .string(y)], &random)
            }
            let lines = try Rows.lines(
                template, text, form, metadata: .all, pieces: Int.random(in: 1...40, using: &random))
            let expected: JSON = [
                "id": .string(x),
                "messages": [["role": "user", "content": .string("<\(x)|\(y)|\(x.isEmpty ? "" : y)>")]],
                "metadata": ["x": .string(x), "y": .string(y), "own": .string(y)],
            ]
            #expect(
                try JSONParser.parse(lines[0]) == expected, "seed \(seed), trial \(trial): \(text.debugDescription)")
        }
    }

    /// An object as JSON with some of its characters escaped.
    private static func escaped(_ object: JSON, _ random: inout SplitMix64) -> String {
        var text = ""
        for unit in object.text.unicodeScalars {
            // What JSON is made of must stay, and the digits of its escapes.
            let isPlain = unit.value > 0x7F || unit == "<"
            guard isPlain, Bool.random(using: &random) else {
                text.unicodeScalars.append(unit)
                continue
            }
            for half in String(unit).utf16 {
                let digits = String(half, radix: 16, uppercase: Bool.random(using: &random))
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return text
    }
}
