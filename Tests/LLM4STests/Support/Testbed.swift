import LLMStreaming
import Testing

@testable import LLM4S

/// Runs a test with a transport of its own and a server, and ends both; by each version of HTTP that it is true of.
func withServer(
    _ configuration: TransportConfiguration = .test, by versions: [HTTPVersions] = [.http1, .http2],
    script: @escaping ScriptedServer.Script, _ test: (StreamingTransport, ScriptedServer) async throws -> Void
) async throws {
    for version in versions {
        var configuration = configuration
        configuration.httpVersions = version
        do { try await withServer(configuration, script, test) } catch {
            Issue.record(error, "by HTTP/\(version.rawValue)")
        }
    }
}

private func withServer(
    _ configuration: TransportConfiguration, _ script: @escaping ScriptedServer.Script,
    _ test: (StreamingTransport, ScriptedServer) async throws -> Void
) async throws {
    let server = try await ScriptedServer(http2: configuration.httpVersions == .http2 ? 1_000 : nil, script: script)
    let transport = StreamingTransport(configuration: configuration)
    do { try await test(transport, server) } catch {
        await transport.shutdown()
        await server.stop()
        throw error
    }
    await transport.shutdown()
    await server.stop()
}

extension TransportConfiguration {
    /// Two event loops, and clocks that no test waits for.
    static var test: Self {
        var configuration = TransportConfiguration()
        configuration.eventLoopThreads = 2
        configuration.timeouts.connect = .seconds(300)
        configuration.idleConnectionLifetime = .seconds(300)
        return configuration
    }
}

extension ProviderRequest {
    static let test = ProviderRequest(body: Array(#"{"model":"m-1","stream":true}"#.utf8), choices: 1)
}

extension StreamResult {
    var completion: Completion? { if case .completed(let completion) = outcome { completion } else { nil } }
    var error: LLMError? { if case .failed(let error) = outcome { error } else { nil } }
}
