import Foundation
import SharedMaterial
import Testing

/// The real inference server of the developers' shared folder, with its counting model; started by its own script.
final class LlamaCppServer: Sendable {
    private static let script = SharedMaterial.item("servers/llamacpp/start.sh")
    static let isAvailable = script != nil
    /// Why a test that needs it is skipped.
    static let absence = Comment(rawValue: SharedMaterial.absence)

    static let key = "sk-local-test"
    static let model = "tiny-counter"

    let port: Int
    private let name: String
    private let script: URL
    var baseURL: String { "http://127.0.0.1:\(port)" }

    init(environment: [String: String] = [:]) async throws {
        guard let script = Self.script else { throw CocoaError(.fileNoSuchFile) }
        self.script = script
        // A port that was free a moment ago may be somebody else's by the time the server wants it.
        for _ in 0..<3 {
            let port = try Self.freePort()
            let name = "test-\(port)"
            let settings = ProcessInfo.processInfo.environment.merging(
                ["PORT": "\(port)", "NAME": name].merging(environment) { $1 }
            ) { $1 }
            if try await ChildProcess(["bash", script.path], environment: settings).ended() == 0 {
                (self.port, self.name) = (port, name)
                return
            }
        }
        throw CocoaError(.executableLoad)
    }

    /// Runs a command line, not with Foundation's Process.
    ///
    /// That takes a process for running as long as any child of it lives, and the script leaves a server behind.
    private static func shell(_ command: String) -> Int32 { unsafe system(command) }

    deinit {
        let stop = script.deletingLastPathComponent().appending(path: "stop.sh").path
        _ = Self.shell("bash '\(stop)' \(name) >/dev/null 2>&1")
    }

    /// What curl gets for a request: the body of the answer.
    func curl(_ path: String, body: String) async throws -> [String: Any] {
        let (_, data) = try await ChildProcess.run(
            "curl", "-s", "-m", "120", "\(baseURL)\(path)", "-H", "authorization: Bearer \(Self.key)", "-H",
            "content-type: application/json", "-H", "anthropic-version: 2023-06-01", "-d", body)
        return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }

    /// A port that was free a moment ago.
    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                unsafe bind(descriptor, raw, length) == 0 && getsockname(descriptor, raw, &length) == 0
            }
        }
        guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
