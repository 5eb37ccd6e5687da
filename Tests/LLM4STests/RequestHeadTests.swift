import LLMStreaming
import NIOHTTP1
import Testing

@testable import LLM4S

/// The head of a request: whose fields go out, each once.
struct RequestHeadTests {
    private func head(_ headers: [(String, String)]) throws -> HTTPRequestHead {
        let provider = Provider(
            name: "lab", baseURL: "http://127.0.0.1:9/v1", keyVariables: ["K"], authorization: .bearer,
            headers: headers.map(HeaderField.init))
        let endpoint = try Endpoint(provider: provider, environment: ["K": "key-1"])
        return try HTTPRequestHead(
            ProviderRequest(body: [1], choices: 1), to: endpoint, path: "/v1/chat/completions", userAgent: "test")
    }

    @Test func theUsersFieldReplacesOursAndTheLastOfEachNameGoesOut() throws {
        let headers = try head([
            ("User-Agent", "mine"), ("X-A", "1"), ("x-a", "2"), ("Authorization", "Bearer other"), ("X-B", "3"),
        ]).headers
        #expect(headers["user-agent"] == ["mine"] && headers["x-a"] == ["2"] && headers["x-b"] == ["3"])
        #expect(headers["authorization"] == ["Bearer key-1"], "a key goes out once")
        #expect(headers["host"] == ["127.0.0.1:9"] && headers["content-length"] == ["1"])
    }

    /// Work that grows with the square of the fields would take hours.
    @Test(.timeLimit(.minutes(15)))
    func anyNumberOfFieldsTakesTimeLinearInThem() throws {
        let headers = try head((1...60_000).map { ("X-Field-\($0 % 50_000)", "value \($0)") }).headers
        #expect(headers.count > 50_000 && headers.count < 50_020)
    }
}
