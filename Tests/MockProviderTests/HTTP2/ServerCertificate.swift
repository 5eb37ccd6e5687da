import Foundation
import MockProvider

/// A certificate of this machine and its key, made by the openssl command.
final class ServerCertificate: Sendable {
    private let directory = FileManager.default.temporaryDirectory
        .appendingPathComponent("mock-tests-\(UUID().uuidString)")

    var files: TLSFiles { TLSFiles(certificates: path("certificate.pem"), key: path("key.pem")) }

    /// Nil where the openssl command is missing.
    init?() throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
            + ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
            + ["-keyout", path("key.pem"), "-out", path("certificate.pem")]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private func path(_ name: String) -> String { directory.appendingPathComponent(name).path }
}
