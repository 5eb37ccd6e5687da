import LLMStreaming
import Testing

@testable import BatchEngine

/// Batches that come as one document, cut into their requests wherever the pieces end.
@Suite struct DocumentSplitterTests {
    private func requests(_ text: String, pieces: Int, maximumBytes: Int = 1000) -> [InputLine] {
        let bytes = Array(text.utf8)
        guard case .isDocument(let first) = FileOpening(bytes) else { return [] }
        var splitter = DocumentSplitter(
            maximumRequestBytes: maximumBytes, buffer: [UInt8](repeating: 0, count: pieces), unread: 0..<0)
        var result: [InputLine] = []
        var rest = bytes[first...]
        while true {
            while let request = splitter.nextRequest() { result.append(request) }
            guard !rest.isEmpty else { break }
            let piece = rest.prefix(pieces)
            splitter.buffer.replaceSubrange(0..<piece.count, with: piece)
            splitter.didRefill(piece.count)
            rest = rest.dropFirst(pieces)
        }
        if let request = splitter.end() { result.append(request) }
        return result
    }

    private func texts(_ texts: String...) -> [InputLine] { texts.map { .bytes(Array($0.utf8)) } }

    @Test(arguments: 1...24)
    func cutsBetweenRequestsWhateverStandsInTheirTexts(pieces: Int) {
        let first = #"{"custom_id":"a","params":{"x":["]},{","\"","\\"]}}"#
        let second = "{\n  \"custom_id\": \"b\"\n}"
        #expect(
            requests("{\"requests\":[\(first),\n \(second)\n ]}\n", pieces: pieces) == texts(first, second))
        #expect(requests("{ \"requests\" : [ ] }", pieces: pieces) == [])
        #expect(
            requests(#"{"requests":[1 , "a,]" ,[[]],null]}"#, pieces: pieces) == texts("1", "\"a,]\"", "[[]]", "null"))
    }

    @Test(arguments: 1...24)
    func aDocumentThatIsNoneIsAFaultBehindItsGoodRequests(pieces: Int) {
        func broken(_ text: String) -> InputLine? {
            let found = requests(#"{"requests":[{"a":1}"# + text, pieces: pieces)
            #expect(found.first == texts(#"{"a":1}"#).first)
            return found.count == 2 ? found.last : nil
        }
        let unfinished = InputLine.broken("not JSON: the document ends before its last bracket")
        for text in ["", ",", "]", " \n", ", "] { #expect(broken(text) == unfinished, "\(text)") }
        #expect(broken(#",{"a"#) == .broken("not JSON: the document ends within the request"))
        #expect(broken("{}]}") == .broken("not JSON: a comma is missing between two requests"))
        for text in [",,{}]}", ",]}"] {
            #expect(broken(text) == .broken("not JSON: a request is missing behind a comma"), "\(text)")
        }
        #expect(
            broken(#"],"model":"m"}"#) == .broken("a batch document may have no other member behind 'requests'"))
        #expect(broken("]} x") == .broken("text behind the end of the document"))
        #expect(broken("]},{}") == .broken("text behind the end of the document"))
    }

    @Test(arguments: 1...24)
    func aRequestOverTheLimitIsCountedAndTheNextOneIsWhole(pieces: Int) {
        let long = "\"" + String(repeating: "x", count: 20) + "\""
        #expect(
            requests("{\"requests\":[\(long),{\"a\":1}]}", pieces: pieces, maximumBytes: 10)
                == [.oversized(22)] + texts(#"{"a":1}"#))
    }

    @Test(arguments: [
        (#"{"requests":["#, FileOpening.isDocument(firstByte: 13)),
        ("\u{FEFF} {\n\"requests\" :\n[", .isDocument(firstByte: 20)),
        ("", .undecided), ("\n\n {", .undecided), (#"{"requ"#, .undecided), (#"{"requests""#, .undecided),
        ("{\"requests\":5}\n", .isLines), ("{\"request\":[]}\n", .isLines),
        ("{\"id\":1,\"requests\":[1]}\n", .isLines), (#"{"id":1,"requests":["#, .undecided), ("[", .undecided),
    ])
    func theFirstBytesTellADocumentFromLines(text: String, opening: FileOpening) {
        #expect(FileOpening(Array(text.utf8)) == opening)
    }

    @Test func randomDocumentsCutAtRandomAreTheirElements() {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        for _ in 0..<300 {
            let elements = (0..<Int.random(in: 0...6, using: &random)).map { _ in value(depth: 0, &random) }
            let spaces = ["", " ", "\n", "\r\n\t"]
            let text =
                "{\"requests\":["
                + elements.map {
                    spaces.randomElement(using: &random)! + $0.text + spaces.randomElement(using: &random)!
                }
                .joined(separator: ",") + "]}"
            let found = requests(text, pieces: Int.random(in: 1...40, using: &random), maximumBytes: 100_000)
            #expect(found == elements.map { .bytes($0.bytes) }, "seed \(SeededGenerator.seed): \(text)")
        }
    }

    private func value(depth: Int, _ random: inout SeededGenerator) -> JSON {
        let texts = ["", "]", "}", "{\"", "\\", "a\nb", ",", "é🙂"]
        switch Int.random(in: 0...(depth > 3 ? 2 : 5), using: &random) {
        case 0: return .string(texts.randomElement(using: &random)!)
        case 1: return .int(Int.random(in: -5...5, using: &random))
        case 2: return .bool(true)
        case 3: return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth: depth + 1, &random) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                object[texts.randomElement(using: &random)!] = value(depth: depth + 1, &random)
            }
            return .object(object)
        }
    }
}
