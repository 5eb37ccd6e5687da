import BatchRows
import Testing

/// RFC 4180's grammar, and what is said of files beyond it.
struct TableReaderTests {
    @Test(arguments: [
        ("a,b\r\n1,2\r\n", [["1", "2"]]),
        ("a,b\n1,2", [["1", "2"]]),
        ("a,b\r1,2\r3,4\r", [["1", "2"], ["3", "4"]]),
        ("a,b\r\n\"1\",\"2\"\r\n", [["1", "2"]]),
        ("a,b\n\"x,\"\"y\"\"\",\"p\nq\r\nr\rs\"\n", [["x,\"y\"", "p\nq\r\nr\rs"]]),
        ("a,b\n,\n\"\",\"\"\n", [["", ""], ["", ""]]),
        ("a\nx\n\"\"\n", [["x"], [""]]),
        // A quote within a cell that begins with none is text.
        ("a,b\n5\" disk, \"x\"\n", [["5\" disk", " \"x\""]]),
        // Lines without a byte are no rows; spaces are a cell.
        ("\n\r\na\n\n\r\nx\n\n \n", [["x"], [" "]]),
        ("\u{FEFF}a,b\n1,2\n", [["1", "2"]]),
        ("\u{FEFF}\"a\",b\n\u{FEFF}1,2\n", [["\u{FEFF}1", "2"]]),
        ("a,b\n1\t2,ü𝄞\u{2028}\u{0}\n", [["1\t2", "ü𝄞\u{2028}\u{0}"]]),
        ("a\n\"\"\"\"\n\"\"\"\"\"\"\n", [["\""], ["\"\""]]),
    ])
    func readsTheGrammarWhereverItIsCut(text: String, rows: [[String]]) {
        let whole = ReadTable(text)
        #expect(whole.rows == rows)
        #expect(whole.faults == [])
        #expect(whole.columns == (rows[0].count == 1 ? ["a"] : ["a", "b"]))
        // Pieces of each length cut it at every byte.
        for pieces in 1...text.utf8.count { #expect(ReadTable(text, pieces: pieces) == whole, "pieces of \(pieces)") }
    }

    @Test func readsTabsAsItReadsCommas() {
        let table = ReadTable("a b\tc\n1,2\t\"x\ty\"\n\"say \"\"hi\"\"\"\t\n", .tsv)
        #expect(table.columns == ["a b", "c"])
        #expect(table.rows == [["1,2", "x\ty"], ["say \"hi\"", ""]])
        #expect(table.faults == [])
    }

    @Test func aRowStandsAtTheLineThatItBeginsAt() {
        let text = "\na,b\r\n\"1\n2\r\n3\",x\n\n4,\"\r\"\n5,6"
        for pieces in 1...text.utf8.count { #expect(ReadTable(text, pieces: pieces).lines == [3, 7, 8]) }
        // Where CR ends lines, it does so within quotes too, and with LF it is one.
        let returns = "a,b\r\"1\r2\n3\r\n4\"\"\",x\r5,6\r"
        for pieces in 1...returns.utf8.count { #expect(ReadTable(returns, pieces: pieces).lines == [2, 6]) }
    }

    @Test(arguments: [
        (
            "a,b\n1\n2,3\n4,5,6\n",
            ["line 2: the row has 1 cell, the header 2", "line 4: the row has 3 cells, the header 2"]
        ),
        ("a,b\n1,2\n3,\"4\n5,6\n", ["line 3: a quote that begins here is not closed (1 more line is in it)"]),
        ("a,b\n\"1\n2\",\"4\n5,6\n", ["line 3: a quote that begins here is not closed (1 more line is in it)"]),
        ("a,b\n1,\"2\n\n3,4\n5", ["line 2: a quote that begins here is not closed (3 more lines are in it)"]),
        ("a,b\r1,\"2\r3\r", ["line 2: a quote that begins here is not closed (1 more line is in it)"]),
        ("a,b\n1,\"2\n\"\"", ["line 2: a quote that begins here is not closed (1 more line is in it)"]),
        ("a,b\n1,\"2", ["line 2: a quote that begins here is not closed"]),
        ("a,b\n1,\"2\n", ["line 2: a quote that begins here is not closed"]),
        ("a,b\n\"1\n2\"x,4\n5,6\n", ["line 2: text behind the closing quote, in line 3, in column 'a'"]),
        ("a,b\r\"1\r2\"x,4\r5,6\r", ["line 2: text behind the closing quote, in line 3, in column 'a'"]),
        (
            "a,b\n\"1\n\n2\",3\rx\n5,6\n",
            [
                "line 2: a carriage return alone, outside of quotes, in line 4, in column 'b'"
            ]
        ),
        ("a,b\n1,\"2\" \n5,6\n", ["line 2: text behind the closing quote, in column 'b'"]),
        ("a,b\n1\r2,3\n5,6\n", ["line 2: a carriage return alone, outside of quotes, in column 'a'"]),
        ("a,b\n1,2,3\r4\n5,6\n", ["line 2: a carriage return alone, outside of quotes, in cell 3"]),
        ("a,b,a\n1,2,3\n", ["line 1: the header names the column 'a' twice"]),
        ("a,,b\n1,2,3\n4", ["line 1: the header has no name for column 2"]),
        ("\na,\"\"\n1,2\n", ["line 2: the header has no name for column 2"]),
        ("a,\"b\n1,2\n", ["line 1: a quote that begins here is not closed (1 more line is in it)"]),
        ("sep=,\na,b\n1,2\n", ["line 1: \(separatorLine)"]), ("\u{FEFF}SEP=;\r\na;b\r\n", ["line 1: \(separatorLine)"]),
        ("\"a\"b,c\n1,2\n", ["line 1: text behind the closing quote, in cell 1"]),
        ("", ["line 1: there is no header line"]),
        ("\n\r\n\n", ["line 1: there is no header line"]),
        ("\u{FEFF}", ["line 1: there is no header line"]),
    ])
    func saysWhatIsWrongAndWhere(text: String, faults: [String]) {
        for pieces in 1...max(1, text.utf8.count) { #expect(ReadTable(text, pieces: pieces).faults == faults) }
    }

    private static let separatorLine =
        "this is no header but what Excel takes the separator from: leave the line out"

    @Test func namesAreComparedByTheirBytes() {
        let table = ReadTable("\u{E9},e\u{301},sep=,sep=;\n1,2,3,4\n")
        #expect(
            table.columns.map { Array($0.utf8) } == [
                [0xC3, 0xA9], [0x65, 0xCC, 0x81], Array("sep=".utf8), Array("sep=;".utf8),
            ])
        #expect(table.rows == [["1", "2", "3", "4"]] && table.faults == [])
        #expect(ReadTable("\u{E9},x,\u{E9}\n").faults == ["line 1: the header names the column '\u{E9}' twice"])
    }

    @Test func goesOnBehindARowWithAFault() {
        let table = ReadTable("a,b\n1\n2,3\n\"4\"x,5\n6,7\n")
        #expect(table.rows == [["2", "3"], ["6", "7"]])
        #expect(table.lines == [3, 5])
        #expect(table.faults.count == 2)
    }

    static let hint = "; of a file of Windows iconv -f CP1252 -t UTF-8 FILE > NEW makes it so"

    @Test(arguments: [
        ([0xFF] as [UInt8], "0xff"), ([0xC3], "0xc3"), ([0xED, 0xA0, 0x80], "0xed"), ([0xC0, 0x80], "0xc0"),
    ])
    func bytesThatAreNotUTF8AreAFault(bytes: [UInt8], shown: String) {
        let head = Array("a,b\nx,y\n1,".utf8)
        for rest in ["\n5,6\n", ",\n5,6\n"] {
            for pieces in 1...16 {
                let table = ReadTable(head + bytes + Array(rest.utf8), pieces: pieces)
                #expect(table.faults == ["line 3: not UTF-8: byte \(shown), in column 'b'\(Self.hint)"])
                #expect(table.rows == [["x", "y"], ["5", "6"]])
            }
        }
        // Two halves of a character in two cells make none.
        #expect(ReadTable(Array("a,b\n".utf8) + [0xC3, 0x2C, 0xA9]).faults.count == 1)
        #expect(ReadTable([0xEF, 0xBB, 0x2C, 0x62]).faults == ["line 1: not UTF-8: byte 0xef, in cell 1\(Self.hint)"])
    }

    @Test func aRowIsBounded() {
        let row = "\"" + String(repeating: "x", count: 95) + "\",1"
        let text = Array("a,b\n\(row)\n\(row)2\n3,4\n".utf8)
        for pieces in [1, 7, 64, 4096] {
            let table = ReadTable(text, pieces: pieces, maximumRowBytes: row.utf8.count)
            #expect(table.lines == [2, 4])
            #expect(table.faults == ["line 3: the row has more bytes than --max-line-bytes allows (99)"])
        }
        let long = ReadTable(Array("a,b\n1,\"\(String(repeating: "x\n", count: 500))".utf8), maximumRowBytes: 99)
        #expect(long.faults == ["line 2: a quote that begins here is not closed (499 more lines are in it)"])
        let header = ReadTable(Array(repeating: UInt8(ascii: ","), count: 200_000))
        #expect(header.faults == ["line 1: the header has 200,001 columns, more than 16,384"])
    }

    @Test func aFileEndsWhereItEnds() {
        #expect(ReadTable("a,b").columns == ["a", "b"])
        #expect(ReadTable("a,b").faults == [])
        #expect(ReadTable("a,b\r\n1,").rows == [["1", ""]])
        #expect(ReadTable("a,b\r\n1,2\r").rows == [["1", "2"]])
        #expect(ReadTable("a,b\n1,\"2\"").rows == [["1", "2"]])
        // Its first line end is the last byte.
        #expect(ReadTable("a,b\r").columns == ["a", "b"])
    }

    @Test func formsAreToldByTheEnding() {
        #expect(RowForm(path: "x/Rows.CSV") == .csv)
        #expect(RowForm(path: "a.tsv") == .tsv)
        #expect(RowForm(path: "a.tab") == .tsv)
        #expect(RowForm(path: "a.csv.jsonl") == .jsonl)
        #expect(RowForm(path: "a.ndjson") == .jsonl)
        #expect(RowForm(path: "a.json") == nil)
        #expect(RowForm(path: "csv") == nil)
    }
}
