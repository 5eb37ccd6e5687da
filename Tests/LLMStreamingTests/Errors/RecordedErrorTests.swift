import Foundation
import LLMStreaming
import SharedMaterial
import Testing

/// The recorded errors of ../shared, which are no part of this project.
@Suite(.enabled(if: RecordedStream.isHere, RecordedStream.absence))
struct RecordedErrorTests {
    /// The recordings whose kind is not the plain one of their status.
    private static let special: [String: ErrorKind] = [
        "deepseek-400-2.json": .contextLength, "ollama-400-1.json": .contextLength,
        "openai-400-10.json": .contextLength, "openrouter-400-1.json": .contextLength,
    ]
    private static let plain: [Int: ErrorKind] = [
        400: .invalidRequest, 401: .auth, 404: .notFound, 429: .rateLimit, 500: .server,
    ]

    @Test func recordedErrorsHaveTheKindOfTheirStatusAndAReadableMessage() throws {
        let folder = try #require(SharedMaterial.item("fixtures/errors"))
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(files.count > 20)
        for file in files {
            let recording = try JSONParser.parse(Array(try Data(contentsOf: folder.appending(path: file))))
            let response = try #require(recording["response"])
            let status = try #require(response["status"]?.int)
            let headers = (response["headers"]?.object?.members ?? []).map {
                HeaderField($0.key, $0.value.string ?? "")
            }
            let body = try #require(response["body"]?.string)
            let error = ErrorClassifier.error(
                head: ResponseHead(status: status, headers: headers), body: Array(body.utf8), now: 0)
            #expect(error.kind == Self.special[file] ?? Self.plain[status], "\(file): \(error)")
            #expect(error.httpStatus == status)
            // llama.cpp's two are faults of the request, so nothing here is helped by a retry but the 429.
            #expect(error.isRetryable == (status == 429), "\(file)")
            // Words, no JSON, except where a router passes on what its upstream said.
            #expect(!error.message.isEmpty && !error.message.hasPrefix("{"), "\(file): \(error.message)")
            #expect(body.contains(error.message.prefix(20)), "\(file): \(error.message)")
            if let id = headers.first(where: { ["x-request-id", "request-id", "apim-request-id"].contains($0.name) }) {
                #expect(error.requestID == id.value, "\(file)")
            }
        }
        print("\(files.count) recorded errors classified")
    }
}
