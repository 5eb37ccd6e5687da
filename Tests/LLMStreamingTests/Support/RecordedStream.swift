import Foundation
import LLMStreaming
import SharedMaterial
import Testing

/// A recorded stream of ../shared/fixtures, which is no part of this project, and what its source says it means.
struct RecordedStream {
    /// The folder and the file's name.
    let name: String
    let bytes: [UInt8]
    let provider: Provider
    let expected: JSON?

    static let isHere = SharedMaterial.fixtures != nil

    /// Why a test that needs them is skipped.
    static let absence = Comment(rawValue: SharedMaterial.absence)

    /// All streams; none where they are not here.
    static let all: [RecordedStream] = {
        guard let fixtures = SharedMaterial.fixtures else { return [] }
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: fixtures.path)) ?? []
        return folders.sorted().flatMap { folder in
            let files = (try? FileManager.default.contentsOfDirectory(atPath: fixtures.path + "/" + folder)) ?? []
            return files.sorted().filter { $0.hasSuffix(".sse") }.compactMap { RecordedStream(fixtures, folder, $0) }
        }
    }()

    private init?(_ fixtures: URL, _ folder: String, _ file: String) {
        let url = fixtures.appending(path: folder).appending(path: file)
        guard let data = try? Data(contentsOf: url) else { return nil }
        name = "\(folder)/\(file)"
        bytes = Array(data)
        var provider =
            folder == "anthropic" ? Provider.anthropic : folder.hasSuffix("responses") ? .responses : .openAI
        provider.omitsFinishReason = Self.withoutFinishReason.contains(name)
        self.provider = provider
        let expectation = url.deletingPathExtension().appendingPathExtension("expected.json")
        expected = (try? Data(contentsOf: expectation)).flatMap { try? JSONParser.parse(Array($0)) }
    }

    /// Streams that end well without a finish reason: whole for a provider that is known to leave it out.
    static let withoutFinishReason: Set = [
        "openrouter/llm--test_tools_streaming_variant_a--0.sse",
        "openrouter/llm--test_tools_streaming_variant_b--0.sse",
    ]

    /// Streams that are no whole answer, with the reason.
    static let incomplete: [String: (kind: ErrorKind, reason: String)] = [
        "anthropic/vercel--spliced-message-start.sse": (
            .decode, "a second message begins while the first one is open: a router's retry (vercel/ai fails too)"
        ),
        "openai-responses/vercel--openai-error.1.sse": (.quota, "the response failed: insufficient_quota"),
        "openai-responses/prism--openai-stream-rate-limited-1.sse": (
            .invalidRequest, "the response failed: the request is larger than the limit of a minute"
        ),
        "openai-responses/prism--openai-stream-unknown-error-responses-1.sse": (
            .server, "an error event of an unknown code comes before the response's failure"
        ),
    ]

    /// Streams in which the source project's expectation, or the recording's own end, is not what its events say.
    static let differences: [String: String] = [
        "openai-responses/vercel--openai-apply-patch-tool.1.sse": "tool calls: \(ownCall)",
        "openai-responses/vercel--openai-apply-patch-tool-delete.1.sse": "tool calls: \(ownCall)",
        "openai-responses/vercel--openai-local-shell-tool.1.sse": "tool calls: \(ownCall)",
        "openai-responses/vercel--openai-shell-container.1.sse":
            "terminal text: the recording was edited by hand, its deltas and its end say different things",
    ]

    private static let ownCall =
        "the SDK makes a call of its own writing out of an output item, which is kept here as it is"

    /// The response of the first terminal event of a Responses stream.
    var terminalResponse: JSON? {
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            guard line.hasPrefix("data: {"), let event = try? JSONParser.parse(String(line.dropFirst(6))),
                ["response.completed", "response.incomplete"].contains(event["type"]?.string)
            else { continue }
            return event["response"]
        }
        return nil
    }

    /// Where each event ends: behind its blank line, and last the end of the stream.
    var eventEnds: [Int] {
        var ends: [Int] = []
        var isLineEmpty = false
        for (index, byte) in bytes.enumerated() {
            if byte == 0x0A {
                if isLineEmpty { ends.append(index + 1) }
                isLineEmpty = true
            } else if byte != 0x0D {
                isLineEmpty = false
            }
        }
        return ends.last == bytes.count ? ends : ends + [bytes.count]
    }
}
