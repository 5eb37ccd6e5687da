import Foundation
import MockProvider
import Testing

/// Proxies as the environment of a run names them.
@Suite struct EndToEndProxyTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func run(_ environment: [String: String], baseURL: String) async throws -> BatchProcess.Ended {
        let file = try directory.writeJobs([#"{"id":"a","model":"vllm/m","prompt":"hello"}"#])
        return try await BatchProcess.run(
            "run", file, "--base-url", baseURL, "--max-attempts", "1", environment: environment)
    }

    @Test func aVariableThatHoldsNoProxyIsAnInputErrorWithoutItsPassword() async throws {
        let ended = try await run(["HTTP_PROXY": "socks5://u:geheim@h:1"], baseURL: "http://lab.example/v1")
        #expect(ended.status == 2, "\(ended.error)")
        #expect(ended.error.contains("HTTP_PROXY") && !ended.error.contains("geheim"))
        #expect(!FileManager.default.fileExists(atPath: directory.path("jobs.db")))
    }

    @Test func aProxyThatIsNotThereFailsTheJobAndItsPasswordIsNowhere() async throws {
        // No system hands out the port of the discard service, and hardly one has the service.
        let ended = try await run(["http_proxy": "http://u:geheim@127.0.0.1:9"], baseURL: "http://lab.example/v1")
        #expect(ended.status == 1, "\(ended.error)")
        #expect(ended.error.contains("proxy") && !ended.error.contains("geheim"), "\(ended.error)")
        #expect(try SQLite.rows(directory.path("jobs.db"), "SELECT error_kind FROM jobs") == ["proxy"])
        let stored = try Data(contentsOf: directory.url.appending(path: "jobs.db"))
        let secrets = ["geheim", Data("u:geheim".utf8).base64EncodedString()]
        for secret in secrets { #expect(stored.firstRange(of: Data(secret.utf8)) == nil) }
    }

    @Test func thisMachineAndWhatIsExemptAreReachedDirectly() async throws {
        let server = try await MockServer.start()
        let ended = try await run(["http_proxy": "http://127.0.0.1:9"], baseURL: server.baseURL)
        #expect(ended.status == 0, "\(ended.error)")
        await server.stop()
    }
}
