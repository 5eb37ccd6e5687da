import BatchRows
import Testing

struct RowMetadataTests {
    static let csv = "a,\"b\"\"c\",d\n1,,x\n"
    static let json = #"{"a":1.10,"b":null,"c":{"k":[1, 2]}}"# + "\n" + #"{"z":"\u0041","c":[]}"#

    @Test func theWholeRowIsKept() throws {
        #expect(
            try Rows.lines(#"{"prompt":"p"}"#, Self.csv, metadata: .all) == [
                #"{"prompt":"p","metadata":{"a":"1","b\"c":"","d":"x"}}"#
            ])
        #expect(
            try Rows.lines(#"{"prompt":"p"}"#, Self.json, .jsonl, metadata: .all) == [
                #"{"prompt":"p","metadata":{"a":1.10,"b":null,"c":{"k":[1, 2]}}}"#,
                #"{"prompt":"p","metadata":{"z":"\u0041","c":[]}}"#,
            ])
        #expect(try Rows.lines(#"{"prompt":"p"}"#, "{}", .jsonl, metadata: .all) == [#"{"prompt":"p","metadata":{}}"#])
    }

    @Test func someOfItIsKeptOrNone() throws {
        let template = #"{"prompt":"p"}"#
        #expect(try Rows.lines(template, Self.csv, metadata: .none) == [template])
        #expect(
            try Rows.lines(template, Self.csv, metadata: RowMetadata(argument: "d, a")) == [
                #"{"prompt":"p","metadata":{"d":"x","a":"1"}}"#
            ])
        #expect(
            try Rows.lines(template, Self.json, .jsonl, metadata: RowMetadata(argument: "c,a")) == [
                #"{"prompt":"p","metadata":{"c":{"k":[1, 2]},"a":1.10}}"#, #"{"prompt":"p","metadata":{"c":[]}}"#,
            ])
        // A column whose name is the whole text.
        #expect(
            try Rows.lines(template, "\"a,b\",a,b\n1,2,3\n", metadata: RowMetadata(argument: "a,b")) == [
                #"{"prompt":"p","metadata":{"a,b":"1"}}"#
            ])
        #expect(
            try Rows.lines(template, "\"a,b\",a,b\n1,2,3\n", metadata: .columns(["b", "a,b"])) == [
                #"{"prompt":"p","metadata":{"b":"3","a,b":"1"}}"#
            ])
        #expect(RowMetadata(argument: "all") == .all)
        #expect(RowMetadata(argument: "none") == .none)
    }

    @Test func whatTheTemplateSetsWins() throws {
        let template = #"{"metadata":{"a":"{{d}}!","own":1},"prompt":"p"}"#
        #expect(
            try Rows.lines(template, Self.csv, metadata: .all) == [
                #"{"metadata":{"b\"c":"","d":"x","a":"x!","own":1},"prompt":"p"}"#
            ])
        let fixed = #"{"metadata":{"z":0,"a":2},"prompt":"p"}"#
        #expect(
            try Rows.lines(fixed, Self.json, .jsonl, metadata: .all) == [
                #"{"metadata":{"b":null,"c":{"k":[1, 2]},"z":0,"a":2},"prompt":"p"}"#,
                #"{"metadata":{"c":[],"z":0,"a":2},"prompt":"p"}"#,
            ])
        #expect(
            try Rows.lines(#"{"metadata":null,"prompt":"p"}"#, Self.csv, metadata: RowMetadata(argument: "a")) == [
                #"{"prompt":"p","metadata":{"a":"1"}}"#
            ])
        // A template that takes it whole from a column.
        #expect(
            try Rows.lines(#"{"metadata":"{{m}}"}"#, #"{"m":{"k":1},"n":2}"#, .jsonl, metadata: .all) == [
                #"{"metadata":{"k":1}}"#
            ])
    }

    /// What the template sets without a value it does not set.
    @Test func theRowsStaysWhereTheTemplatesIsAbsent() throws {
        let rows = #"{"a":1,"z":2}"# + "\n" + #"{"a":1}"# + "\n" + #"{"a":1,"z":null}"#
        #expect(
            try Rows.lines(#"{"metadata":{"a":"{{z}}"}}"#, rows, .jsonl, metadata: .all) == [
                #"{"metadata":{"z":2,"a":2}}"#, #"{"metadata":{"a":1}}"#, #"{"metadata":{"z":null,"a":null}}"#,
            ])
        #expect(
            try Rows.lines(#"{"metadata":{"a":"{{z}}"}}"#, rows, .jsonl, metadata: RowMetadata(argument: "a")) == [
                #"{"metadata":{"a":2}}"#, #"{"metadata":{"a":1}}"#, #"{"metadata":{"a":null}}"#,
            ])
        // Of a member that the first row lacks too.
        #expect(
            try Rows.lines(
                #"{"metadata":{"n":"{{z}}"}}"#, "{\"z\":1}\n{\"n\":5}\n{\"n\":5,\"z\":6}", .jsonl, metadata: .all) == [
                    #"{"metadata":{"z":1,"n":1}}"#, #"{"metadata":{"n":5}}"#, #"{"metadata":{"z":6,"n":6}}"#,
                ])
    }

    @Test func aColumnThatThereIsNotIsAFault() throws {
        #expect(
            try Rows.lines(#"{"prompt":"p"}"#, Self.csv, metadata: RowMetadata(argument: "a,x")) == [
                #"unusable --row-metadata: no column 'x'; the header has 'a', 'b"c', 'd'"#
            ])
    }
}
