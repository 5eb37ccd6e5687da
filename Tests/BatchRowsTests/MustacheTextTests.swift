import BatchRows
import LLMStreaming
import Testing

/// Mustache in the strings of a template; the cases of lines follow the specification's for standalone tags.
struct MustacheTextTests {
    static let row = #"""
        {"a":"1","name with spaces":"Ada","überschrift":"U","none":null,"no":false,"yes":true,"zero":0,"nought":-0.0e7,"one":0.1,"empty":"","list":[],"items":[{"t":"x","n":1.10},{"t":"y","u":null}],"words":["p",2,null],"deep":{"in":{"er":"D"},"a":"2"},"a.b":"dot","nest":{"v":"o","in":{"v":"i"}},"text":"{{a}}"}
        """#

    /// What a prompt comes to.
    static func prompt(_ text: String, _ row: String = row) throws -> String {
        let template = JSON.object(JSONObject([.init(key: "prompt", value: .string(text))])).text
        let lines = try Rows.lines(template, row, .jsonl)
        guard lines[0].hasPrefix("{") else { return lines[0] }
        return try JSONParser.parse(lines[0])["prompt"]?.string ?? "no prompt"
    }

    @Test(arguments: [
        ("no tag", "no tag"), ("<{{a}}>", "<1>"), ("<{{{a}}}>", "<1>"), ("<{{&a}}>", "<1>"), ("<{{ a\t}}>", "<1>"),
        ("<{{ name with spaces }}>", "<Ada>"), ("<{{überschrift}}>", "<U>"), ("<{{a.b}}>", "<dot>"),
        ("<{{deep.in.er}}>", "<D>"), ("<{{none}}>", "<>"), ("<{{no}}{{zero}}{{one}}>", "<false00.1>"),
        ("<{{text}}>", "<{{a}}>"), ("{a}}{ {a} }", "{a}}{ {a} }"),
        ("<{{!a comment\nof {{ two lines}}>", "<>"),
        ("<{{#yes}}y{{/yes}}{{^yes}}n{{/yes}}>", "<y>"), ("<{{#no}}y{{/no}}{{^no}}n{{/no}}>", "<n>"),
        ("{{#none}}y{{/none}}{{#zero}}y{{/zero}}{{#nought}}y{{/nought}}{{#empty}}y{{/empty}}{{#list}}y{{/list}}.", "."),
        (
            "{{^none}}n{{/none}}{{^zero}}n{{/zero}}{{^nought}}n{{/nought}}{{^empty}}n{{/empty}}{{^list}}n{{/list}}.",
            "nnnnn."
        ),
        ("{{#one}}{{.}}{{/one}}{{^one}}n{{/one}}", "0.1"), ("{{#a}}<{{.}}>{{/a}}", "<1>"),
        ("{{#items}}{{t}}={{n}};{{/items}}", "x=1.10;y=;"), ("{{#words}}<{{.}}>{{/words}}", "<p><2><>"),
        // An item's member goes before a column, and a column stands in where the item has none.
        ("{{#deep}}{{a}}{{zero}}{{#in}}{{er}}{{a}}{{/in}}{{/deep}}", "20D2"),
        ("{{#items}}{{#yes}}{{t}}{{/yes}}{{^u}}-{{/u}}{{/items}}", "x-y-"),
        ("{{#nest}}{{v}}{{#in}}{{v}}{{/in}}{{v}}{{/nest}}", "oio"),
        ("<{{items}}>", #"<[{"t":"x","n":1.10},{"t":"y","u":null}]>"#),
        // Lines that hold nothing but a section's tag or a comment.
        ("1\n{{#yes}}\n2\n{{/yes}}\n3", "1\n2\n3"), ("1\r\n  {{#yes}}\t\r\n2\r\n{{/yes}}\r\n3", "1\r\n2\r\n3"),
        ("{{#items}}\n- {{t}}\n{{/items}}\nend", "- x\n- y\nend"), ("  {{! c }}\nx\n  {{! c }}", "x\n"),
        ("1 {{! c }}\n2", "1 \n2"), ("{{^no}}{{/no}}\nx", "\nx"), ("1\n  {{a}}\n2", "1\n  1\n2"),
        ("{{#yes}}\n{{#yes}}\n x\n{{/yes}}\n{{/yes}}\n.", " x\n."),
    ])
    func rendersTheText(text: String, result: String) throws {
        #expect(try Self.prompt(text) == result)
    }

    @Test(
        arguments: [
            ("x {{a", "prompt: {{a is not closed by }}"), ("x {{{a}} y", "prompt: {{{a}} y is not closed by }}}"),
            ("{{}}", "prompt: {{}} names no column"), ("{{ # }}", nil),
            ("{{#}}x{{/}}", "prompt: {{#}} names no column"),
            ("{{#a}}x", "prompt: the section {{#a}} is not closed by {{/a}}"),
            ("{{^a}}x{{#b}}{{/b}}", "prompt: the section {{^a}} is not closed by {{/a}}"),
            ("x{{/a}}", "prompt: {{/a}} closes no section"),
            ("{{#a}}{{#b}}{{/a}}{{/b}}", "prompt: {{/a}} stands where {{/b}} must close the section"),
            ("{{> a}}", "prompt: {{> a}}: there are no partials"),
            ("{{=<% %>=}}", "prompt: {{=<% %>=}}: the delimiters cannot be changed"),
            (nested(100), nil), (nested(101), "prompt: more than 100 sections stand within one another"),
            // No stack holds so many.
            (nested(60_000), "prompt: more than 100 sections stand within one another"),
            ("{{! open\nx", "prompt: {{! open is not closed by }}"),
        ] as [(String, String?)])
    func saysWhatIsWrongAndWhere(text: String, reason: String?) throws {
        let template = JSON.object(JSONObject([.init(key: "prompt", value: .string(text))])).text
        let found: [String]
        do throws(RowTemplate.Faults) {
            _ = try Rows.template(template)
            found = []
        } catch {
            found = error.reasons
        }
        #expect(found == (reason.map { ["t.json: " + $0] } ?? []))
    }

    private static func nested(_ depth: Int) -> String {
        String(repeating: "{{#n}}", count: depth) + "x" + String(repeating: "{{/n}}", count: depth)
    }

    /// A sign stands right behind the braces, else it belongs to the name.
    @Test func aSignBehindASpaceIsAName() throws {
        #expect(try Self.prompt("<{{ #x }}{{ /y}}>", ##"{"#x":"1","/y":"2"}"##) == "<12>")
    }
}
