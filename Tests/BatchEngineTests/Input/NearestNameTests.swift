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
