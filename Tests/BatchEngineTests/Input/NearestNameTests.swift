import LLMStreaming
import Testing

@testable import BatchEngine

@Suite struct NearestNameTests {
    @Test(arguments: [
        ("temprature", "temperature"), ("tempertaure", "temperature"), ("Temperature", "temperature"),
        ("max_token", "max_tokens"), ("maxtokens", "max_tokens"), ("mesages", "messages"), ("message", "messages"),
        ("modle", "model"), ("extrabody", "extra_body"), ("customid", "custom_id"), ("meta", nil), ("foo", nil),
        ("", nil), ("x", nil), (String(repeating: "temperature", count: 10), nil),
    ])
    func isTheOneWithTheFewestTypingErrors(name: String, expected: String?) {
        #expect(
            NearestName.nearest(
                to: name, among: LineField.Native.names + CompletionOptions.Name.allCases.map(\.rawValue))
                == expected)
    }

    @Test(arguments: [("", "", 0), ("a", "", 1), ("ab", "ba", 1), ("abc", "xbz", 2), ("kitten", "sitting", 3)])
    func countsLettersAddedLeftOutReplacedAndSwapped(left: String, right: String, distance: Int) {
        #expect(NearestName.distance(Array(left.unicodeScalars), Array(right.unicodeScalars)) == distance)
        #expect(NearestName.distance(Array(right.unicodeScalars), Array(left.unicodeScalars)) == distance)
    }
}

/// Names that are suggested: looked for only where somebody reads them.
struct SuggestionTests {
    private static let source = InputSource.standardInput

    /// Each of the names would be compared with each of the unknown ones: hours.
    @Test(.timeLimit(.minutes(15))) func suggestionsAreLookedForOnlyForFaultsThatAreShown() {
        let name = String(repeating: "x", count: 40)
        let known = (0..<300).map { name.dropLast(4) + "\($0)yyy" }.map(String.init)
        var report = FaultReport()
        for line in 1...200_000 {
            var faults = LineFaults()
            faults.addUnknown(line > 60 ? name : name.dropLast(2) + "\(line + 10)", at: .line, known: known)
            report.add(faults, InputPosition(source: 0, line: line), source: Self.source)
        }
        #expect(report.count == 200_000)
        #expect(report.faults.count == FaultReport.maximumFaults)
        #expect(report.faults[0].reason.contains("did you mean '\(name.dropLast(4))0yyy'?"))
    }

    @Test func whatIsReadSuggestsAsBefore() throws {
        var faults = LineFaults()
        faults.addUnknown("mesages", at: .line, known: ["messages", "model"])
        faults.addUnknown("zzz", at: .options, known: ["seed"])
        faults.addUnknown("temperature", at: .line, known: ["model", "options"])
        #expect(
            faults.reasons == [
                "unknown field 'mesages'; did you mean 'messages'?",
                "unknown field 'zzz' in options; fields of one provider's own go in 'extra_body'",
                "unknown field 'temperature'; it belongs in 'options'",
            ])
        let parser = JobLineParser(defaults: try InputDefaults())
        let error = #expect(throws: LineFaults.self) {
            try parser.parse(Array(#"{"model": "opnai/x", "prompt": "p"}"#.utf8))
        }
        #expect(
            error?.reasons
                == ["'model': 'opnai/x': unknown provider 'opnai'; did you mean 'openai'?; or give --provider"])
    }
}
