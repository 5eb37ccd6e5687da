import Foundation
import NIOSSL

/// A certificate authority and server certificates for one run of the tests, made by the openssl command.
final class TestCertificates: Sendable {
    /// What is special about a server's certificate.
    enum Kind: String, CaseIterable {
        case good, expired
        case otherHost = "other-host"
    }

    /// Nil where the openssl command is missing.
    static let shared = try? TestCertificates()

    private let directory: URL

    /// The file of the authority that signed them all.
    var caFile: String { directory.appendingPathComponent("ca.pem").path }

    private init() throws {
        directory = FileManager.default.temporaryDirectory
            .appendingPathComponent(
                "llm4s-tests-\(ProcessInfo.processInfo.processIdentifier)-\(UInt32.random(in: 0...UInt32.max))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try key("ca")
        try openssl("req -x509 -new -key ca.key -subj /CN=Test-CA -days 2 -out ca.pem")
        for kind in Kind.allCases {
            let name = kind.rawValue
            let subject = kind == .otherHost ? "DNS:other.example" : "DNS:localhost,IP:127.0.0.1"
            try "subjectAltName=\(subject)\n".write(
                to: directory.appendingPathComponent("\(name).ext"), atomically: true, encoding: .utf8)
            try key(name)
            try openssl("req -new -key \(name).key -subj /CN=lab -out \(name).csr")
            try openssl(
                "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial -days \(kind == .expired ? -1 : 2)"
                    + " -extfile \(name).ext -out \(name).pem")
        }
        atexit {
            if let shared = TestCertificates.shared { try? FileManager.default.removeItem(at: shared.directory) }
        }
    }

    /// The context of a server with that certificate.
    func server(_ kind: Kind) throws -> NIOSSLContext {
        func path(_ suffix: String) -> String { directory.appendingPathComponent(kind.rawValue + suffix).path }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(path(".pem")).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: path(".key"), format: .pem)))
        configuration.applicationProtocols = ["h2", "http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }

    private func key(_ name: String) throws { try openssl("ecparam -name prime256v1 -genkey -noout -out \(name).key") }

    private func openssl(_ arguments: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = directory
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(arguments: arguments) }
    }

    private struct Failure: Error { let arguments: String }
}
