import ServerSentEvents

/// The rule of WHATWG HTML 9.2.6, clause by clause.
enum RuleTranscripts {
    static let all = lines + byteOrderMark + data + fields + dispatch + identifiers + text + examples + errorField

    static let lines = [
        Transcript("LF ends a line", "data: a\n\ndata: b\n\n", [.event("a"), .event("b")]),
        Transcript("CR ends a line", "data: a\r\rdata: b\r\r", [.event("a"), .event("b")]),
        Transcript("CRLF is one line end", "data: a\r\n\r\ndata: b\r\n\r\n", [.event("a"), .event("b")]),
        Transcript("CRLF does not end a block", "data: a\r\ndata: b\r\n\r\n", [.event("a\nb")]),
        Transcript("CR LF LF is two line ends", "data: a\r\n\ndata: b\n\n", [.event("a"), .event("b")]),
        Transcript("LF CR is two line ends", "data: a\n\rdata: b\n\r", [.event("a"), .event("b")]),
        Transcript("CR CR LF is two line ends", "data: a\r\r\ndata: b\r\r\n", [.event("a"), .event("b")]),
        Transcript("blank lines alone are nothing", "\n\r\r\n\n\r\n", []),
        Transcript(
            "no other character ends a line", "data: a\u{B}b\u{C}c\u{85}d\u{2028}e\n\n",
            [.event("a\u{B}b\u{C}c\u{85}d\u{2028}e")]),
        Transcript("an empty stream has no events", "", []),
    ]

    static let byteOrderMark = [
        Transcript("a byte order mark at the start is dropped", "\u{FEFF}data: a\n\n", [.event("a")]),
        Transcript("only one is dropped", "\u{FEFF}\u{FEFF}data: a\n\n", []),
        Transcript("only at the start", "data: a\n\n\u{FEFF}data: b\n\n", [.event("a")]),
        Transcript("not after a line end", "\n\u{FEFF}data: b\n\n", []),
        Transcript("not in a value", "data: \u{FEFF}b\n\n", [.event("\u{FEFF}b")]),
        Transcript("a mark alone is nothing", "\u{FEFF}", []),
        Transcript("a mark and blank lines are nothing", "\u{FEFF}\n\n", []),
        Transcript("a mark before a comment", "\u{FEFF}:\n\n", [], commentCount: 1),
        Transcript("half a mark is a name", bytes: [0xEF, 0xBB] + "data: a\n\n".utf8, []),
        Transcript("half a mark ends with its line", bytes: [0xEF, 0xBB] + "\ndata: a\n\n".utf8, [.event("a")]),
        Transcript("a third of a mark ends with its line", bytes: [0xEF] + "\rdata: a\r\r".utf8, [.event("a")]),
    ]

    static let data = [
        Transcript("lines of data are joined by LF", "data: a\ndata: b\ndata: c\n\n", [.event("a\nb\nc")]),
        Transcript("also when CRLF ended them", "data: a\r\ndata\r\ndata:\r\ndata: b\r\n\r\n", [.event("a\n\n\nb")]),
        Transcript("one space behind the colon is dropped", "data:a\ndata: b\ndata:  c\n\n", [.event("a\nb\n c")]),
        Transcript("only a space is", "data:\ta\n\n", [.event("\ta")]),
        Transcript("spaces at the end stay", "data: a \n\n", [.event("a ")]),
        Transcript("further colons are the value's", "data: a: b\ndata::\ndata: :\n\n", [.event("a: b\n:\n:")]),
        Transcript("no colon means no value", "data\n\ndata\ndata\n\n", [.event(""), .event("\n")]),
        Transcript("a colon without a value too", "data:\n\ndata: \n\n", [.event(""), .event("")]),
        Transcript("NUL is data", "data: a\0b\n\n", [.event("a\0b")]),
        Transcript(
            "fields between lines of data", "data: a\nid: 1\n:c\nfoo: d\ndata: b\n\n", [.event("a\nb", id: "1")],
            lastEventID: "1", commentCount: 1),
        Transcript(
            "long lines", "data: \(String(repeating: "0123456789", count: 20))\n\n",
            [.event(String(repeating: "0123456789", count: 20))]),
    ]

    static let fields = [
        Transcript("a line that begins with a colon is a comment", ":\n: data: a\n:data\n\n", [], commentCount: 3),
        Transcript("comments do not end a block", "data: a\n: b\ndata: c\n\n", [.event("a\nc")], commentCount: 1),
        Transcript("event names the type", "event: add\ndata: a\n\n", [.event("a", type: "add")]),
        Transcript("for one block", "event: add\ndata: a\n\ndata: b\n\n", [.event("a", type: "add"), .event("b")]),
        Transcript("the last name counts", "event: a\ndata: x\nevent: b\n\n", [.event("x", type: "b")]),
        Transcript(
            "an empty name is none", "event: a\nevent:\ndata: x\n\nevent\ndata: y\n\n", [.event("x"), .event("y")]),
        Transcript(
            "a name again", "event: a\ndata: x\n\nevent: a\ndata: y\n\nevent: ab\ndata: z\n\n",
            [.event("x", type: "a"), .event("y", type: "a"), .event("z", type: "ab")]),
        Transcript("names of fields are case-sensitive", "Data: a\nDATA: b\nEvent: c\nID: d\n\n", []),
        Transcript(
            "and exact", " data: a\ndata : b\ndat: c\ndata1: d\ndatadata: e\n\0data: f\ndata\0: g\n\0id: h\n\n", []),
        Transcript("unknown fields are ignored", "foo: a\nfoo\ndata: b\nfoo:\n\n", [.event("b")]),
        Transcript("error is an unknown field", "error: a\n\ndata: b\n\n", [.event("b")]),
        Transcript("retry sets the reconnection time", "retry: 1500\n", [], reconnectionTime: 1500),
        Transcript("retry needs no blank line", "retry:10\r", [], reconnectionTime: 10),
        Transcript("leading zeros are digits", "retry: 007\n\n", [], reconnectionTime: 7),
        Transcript(
            "retry takes digits only", "retry: 1\nretry: +2\nretry: -3\nretry: 4 \nretry:  5\nretry: 6s\nretry: ٧\n",
            [], reconnectionTime: 1),
        Transcript("retry without digits is ignored", "retry: 1\nretry\nretry:\nretry: \n", [], reconnectionTime: 1),
        Transcript(
            "retry beyond an Int is ignored", "retry: 9223372036854775807\nretry: 9223372036854775808\n", [],
            reconnectionTime: .max),
        Transcript("an unfinished retry is ignored", "retry: 15", []),
    ]

    static let dispatch = [
        Transcript("a block without data is no event", "event: a\n\nid: 1\n\n", [], lastEventID: "1"),
        Transcript("and its type is forgotten", "event: a\n\ndata: b\n\n", [.event("b")]),
        Transcript("an unfinished block is dropped", "data: a\n\ndata: b\n", [.event("a")], unfinished: .event("b")),
        Transcript("an unfinished line too", "data: a\ndata: b", [], unfinished: .event("a\nb")),
        Transcript("an unfinished name is a field", "data: a\ndata", [], unfinished: .event("a\n")),
        Transcript(
            "an unfinished line of its own", "event: e\rid: 1\rdata:", [], unfinished: .event("", type: "e", id: "1")),
        Transcript("an unfinished unknown field is nothing", "data: a\ndat", [], unfinished: .event("a")),
        Transcript("an unfinished comment is counted", "data: a\n\n: b", [.event("a")], commentCount: 1),
        Transcript("nothing is unfinished without data", "data: a\n\nevent: b\n", [.event("a")]),
        Transcript("nothing is unfinished after CRLF", "data: a\r\n\r\n", [.event("a")]),
    ]

    static let identifiers = [
        Transcript(
            "the id stays", "id: 1\ndata: a\n\ndata: b\n\n", [.event("a", id: "1"), .event("b", id: "1")],
            lastEventID: "1"),
        Transcript(
            "until another comes", "id: 1\ndata: a\n\ndata: b\nid: 2\n\n",
            [.event("a", id: "1"), .event("b", id: "2")], lastEventID: "2"),
        Transcript("an empty id resets it", "id: 1\ndata: a\n\nid\ndata: b\n\n", [.event("a", id: "1"), .event("b")]),
        Transcript(
            "an id with NUL is ignored", "id: 1\nid: a\0b\nid: \0\ndata: a\n\n", [.event("a", id: "1")],
            lastEventID: "1"),
        Transcript("the id of an unfinished block is not taken", "id: 1\n\nid: 2\n", [], lastEventID: "1"),
        Transcript(
            "a block without data sets the id", "id: 1\n\ndata: a\n\n", [.event("a", id: "1")], lastEventID: "1"),
    ]

    static let text = [
        Transcript(
            "text is UTF-8", "data: žluťoučký 🐎\nevent: kůň\nid: é\n\n",
            [.event("žluťoučký 🐎", type: "kůň", id: "é")], lastEventID: "é"),
        Transcript(
            "invalid data is kept", bytes: "data: a".utf8 + [0xFF, 0xE2, 0x82] + "\n\n".utf8,
            [ServerSentEvent(data: [0x61, 0xFF, 0xE2, 0x82])]),
        Transcript(
            "an invalid type is repaired", bytes: "event: a".utf8 + [0xE2, 0x82] + "\ndata: b\n\n".utf8,
            [.event("b", type: "a\u{FFFD}")]),
        Transcript("an invalid byte makes another name", bytes: [0xFF] + "data: a\n\n".utf8, []),
    ]

    /// The examples that the standard's text gives.
    static let examples = [
        Transcript("stock ticker", "data: YHOO\ndata: +2\ndata: 10\n\n", [.event("YHOO\n+2\n10")]),
        Transcript(
            "four blocks", ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event",
            [.event("first event", id: "1"), .event("second event")], unfinished: .event(" third event"),
            commentCount: 1),
        Transcript("empty data", "data\n\ndata\ndata\n\ndata:", [.event(""), .event("\n")], unfinished: .event("")),
        Transcript("space or none", "data:test\n\ndata: test\n\n", [.event("test"), .event("test")]),
    ]

    static let errorField = [
        Transcript(
            "an error needs no blank line", "error: {\"code\":500}\n", [.event("{\"code\":500}", type: "error")],
            errorFieldIsEvent: true),
        Transcript(
            "an error is one line each", "error:a\rerror: b\r\n\r\n",
            [.event("a", type: "error"), .event("b", type: "error")], errorFieldIsEvent: true),
        Transcript(
            "an error does not disturb its block", "event: e\nid: 2\ndata: a\nerror: b\ndata: c\n\n",
            [.event("b", type: "error"), .event("a\nc", type: "e", id: "2")], lastEventID: "2", errorFieldIsEvent: true),
        Transcript(
            "an error cut off is unfinished", "error: ab", [], unfinished: .event("ab", type: "error"),
            errorFieldIsEvent: true),
        Transcript("other names stay unknown", "errors: a\nerro: b\n\n", [], errorFieldIsEvent: true),
    ]
}
