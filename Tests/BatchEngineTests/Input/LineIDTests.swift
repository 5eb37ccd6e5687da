import LLMStreaming
import Testing

@testable import BatchEngine

/// The quick reader of ids against the parser of lines, which is right.
@Suite struct LineIDTests {
    private static let prompt = #""model":"mock/m","prompt":"hi""#
    private static let body = #"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#

    /// Lines whose id is found without the parser, and the id.
    static let plain: [(String, String)] = [
        (#"{"id":"a",\#(prompt)}"#, "a"), (#"{\#(prompt),"id":"a"}"#, "a"),
        (#"{\#(prompt),"custom_id":"a b/c:d"}"#, "a b/c:d"), ("  {  \"id\" :\t\"a\" , \(prompt) }  ", "a"),
        (#"{"id":"日本 ü 👩‍👩‍👧",\#(prompt)}"#, "日本 ü 👩‍👩‍👧"), (#"{"id":"e\u0301",\#(prompt)}"#, "e\u{301}"),
        (#"{"id":"\u65e5\u672C",\#(prompt)}"#, "日本"), (#"{"id":"a\"b\\c\/d\n",\#(prompt)}"#, "a\"b\\c/d\n"),
        (#"{"id":"\ud83d\ude00",\#(prompt)}"#, "😀"), (#"{"id":"\u0000",\#(prompt)}"#, "\0"),
        (#"{"metadata":{"id":"no","custom_id":3,"deep":[{"id":"no"}]},"id":"yes",\#(prompt)}"#, "yes"),
        (#"{"id":"yes","metadata":{"id":"no \" }, \"id\": \"no\""},\#(prompt)}"#, "yes"),
        (#"{"model":"mock/m","prompt":"\", \"id\": \"no\", \"x\": \"","id":"yes"}"#, "yes"),
        (#"{"id":"a","model":"mock/m","prompt":"hi","options":{"temperature":1.5e-1,"seed":0}}"#, "a"),
        (#"{"custom_id":"o","method":"POST","url":"/v1/chat/completions","body":\#(body)}"#, "o"),
        (#"{"custom_id":"a","params":\#(body)}"#, "a"), (#"{"body":\#(body),"custom_id":"m"}"#, "m"),
        (#"{"id":"\#(String(repeating: "x", count: 256))",\#(prompt)}"#, String(repeating: "x", count: 256)),
        (#"{"id":"\#(String(repeating: "日", count: 256))",\#(prompt)}"#, String(repeating: "日", count: 256)),
    ]

    /// Lines that the parser has to look at, whatever it finds in them.
    static let odd: [String] = [
        "{\(prompt)}", "{}", "[]", "null", "", " ", "{", "}", #""id""#, #"["id","a"]"#, #"{"id":"a"#, #"{"id":"a""#,
        #"{"id":null,\#(prompt)}"#, #"{"id":null,"custom_id":"b",\#(prompt)}"#,
        #"{"id":"a","custom_id":null,\#(prompt)}"#,
        #"{"id":"a","id":"b",\#(prompt)}"#, #"{"id":"a","id":"a",\#(prompt)}"#,
        #"{"id":"a","custom_id":"b",\#(prompt)}"#,
        #"{"id":"",\#(prompt)}"#, #"{"id":7,\#(prompt)}"#, #"{"id":["a"],\#(prompt)}"#,
        #"{"id":{"id":"a"},\#(prompt)}"#,
        #"{"id":true,\#(prompt)}"#, #"{"\u0069d":"a",\#(prompt)}"#, #"{"id":"a","\u0069d":"b",\#(prompt)}"#,
        #"{"id":"\ud83d",\#(prompt)}"#, #"{"id":"\ude00\ud83d",\#(prompt)}"#, #"{"id":"\x",\#(prompt)}"#,
        "{\"id\":\"a\tb\",\(prompt)}", #"{"id":"a",\#(prompt)}x"#, #"{"id":"a",\#(prompt),}"#,
        #"{"id":"a" \#(prompt)}"#,
        #"{"id":"\#(String(repeating: "x", count: 257))",\#(prompt)}"#, #"{'id':'a',\#(prompt)}"#,
        #"{"id":"a","model":"mock/m","prompt":"hi","options":{"seed":01}}"#, "\u{FEFF}{\"id\":\"a\",\(prompt)}",
        #"{"id":"a",\#(prompt),"metadata":{"m":\#(String(repeating: "[", count: 40))\#(String(repeating: "]", count: 40))}}"#,
        #"{"ID":"a",\#(prompt)}"#, #"{"requests":[{"custom_id":"a","params":{}}]}"#, #"{"id":NaN,\#(prompt)}"#,
    ]

    private func quick(_ line: [UInt8]) -> String? {
        switch LineID(of: line.span) {
        case .plain(let range): String(decoding: line[range], as: UTF8.self)
        case .escaped(let id): id
        case .unknown: nil
        }
    }

    /// What the parser finds: the id of a line, or of the line's faults, and whether there are any.
    private func full(_ line: [UInt8]) -> (id: String?, isSound: Bool) {
        do throws(LineFaults) {
            return (try JobLineParser(defaults: standardDefaults).parse(line).customID, true)
        } catch {
            return (error.customID, false)
        }
    }

    private func same(_ left: String?, _ right: String?) -> Bool {
        left.map { Array($0.utf8) } == right.map { Array($0.utf8) }
    }

    @Test(arguments: plain)
    func findsWhatTheParserFinds(line: String, id: String) throws {
        #expect(same(quick(Array(line.utf8)), id), "\(line)")
        let found = full(Array(line.utf8))
        #expect(same(found.id, id) && found.isSound, "\(line)")
    }

    @Test(arguments: odd)
    func leavesToTheParserWhatIsOdd(line: String) { #expect(quick(Array(line.utf8)) == nil, "\(line)") }

    @Test func bytesThatAreNoTextAreLeftToTheParser() {
        for bytes: [UInt8] in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0x80]] {
            #expect(quick(Array(#"{"id":""#.utf8) + bytes + Array(#"",\#(Self.prompt)}"#.utf8)) == nil, "\(bytes)")
        }
    }

    @Test func neverDiffersFromTheParserOnDamagedLines() {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        let lines =
            SampleFile.lineFiles.flatMap(\.lines).filter { $0.count < 2000 } + Self.plain.map { Array($0.0.utf8) }
        var (found, sound) = (0, 0)
        for _ in 0..<5_000 {
            var line = lines.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                JobLineFuzzTests.mutate(&line, with: lines.randomElement(using: &random)!, &random)
            }
            guard let id = quick(line) else { continue }
            found += 1
            let parsed = full(line)
            if parsed.isSound { sound += 1 }
            // A line with faults has an id only where its text could be read.
            guard parsed.isSound || parsed.id != nil else { continue }
            if !same(parsed.id, id) {
                Issue.record("\(String(decoding: line, as: UTF8.self)): \(id), seed \(SeededGenerator.seed)")
            }
        }
        #expect(found > 500 && sound > 50)
    }
}
