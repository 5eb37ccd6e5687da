import Foundation
import NIOSSL

/// A certificate authority and server certificates for one run of the tests, made by the openssl command.
final class TestCertificates: Sendable {
    /// What is special about a server's certificate.
    enum Kind: String, CaseIterable {
        case good, expired
        case otherHost = "other-host"
        case notYetValid = "not-yet-valid"
        case selfSigned = "self-signed"
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
            if kind == .selfSigned {
                try openssl(
                    "req -x509 -new -key \(name).key -subj /CN=lab -days 2 -addext subjectAltName=\(subject) -out \(name).pem"
                )
                continue
            }
            try openssl("req -new -key \(name).key -subj /CN=lab -out \(name).csr")
            if kind == .notYetValid {
                try signLater(name)
                continue
            }
            try openssl(
                "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial -days \(kind == .expired ? -1 : 2)"
                    + " -extfile \(name).ext -out \(name).pem")
        }
        atexit {
            if let shared = TestCertificates.shared { try? FileManager.default.removeItem(at: shared.directory) }
        }
    }

    /// The context of a server with that certificate.
    ///
    /// - Parameters:
    ///   - wantsCertificate: whether clients must show one of the same authority.
    ///   - isOld: whether it speaks TLS 1.2 at most.
    func server(
        _ kind: Kind, protocols: [String] = ["http/1.1"], wantsCertificate: Bool = false, isOld: Bool = false
    ) throws -> NIOSSLContext {
        func path(_ suffix: String) -> String { directory.appendingPathComponent(kind.rawValue + suffix).path }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(path(".pem")).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: path(".key"), format: .pem)))
        configuration.applicationProtocols = protocols
        if isOld { configuration.maximumTLSVersion = .tlsv12 }
        if wantsCertificate {
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .file(caFile)
        }
        return try NIOSSLContext(configuration: configuration)
    }

    /// Signs a certificate that is of the end of the century: only this command takes a first day.
    private func signLater(_ name: String) throws {
        let text = """
            [ca]
            default_ca = d
            [d]
            database = index.txt
            new_certs_dir = .
            serial = serial
            policy = p
            default_md = sha256
            [p]
            commonName = supplied
            """
        for (file, text) in [("ca.cnf", text), ("index.txt", ""), ("serial", "1000\n")] {
            try text.write(to: directory.appendingPathComponent(file), atomically: true, encoding: .utf8)
        }
        try openssl(
            "ca -batch -notext -config ca.cnf -cert ca.pem -keyfile ca.key -in \(name).csr -extfile \(name).ext"
                + " -startdate 20990101000000Z -enddate 20990201000000Z -out \(name).pem")
    }

    /// The file of a kind's certificate, and of its key.
    func files(_ kind: Kind) -> (certificate: String, key: String) {
        let path = { (suffix: String) in self.directory.appendingPathComponent(kind.rawValue + suffix).path }
        return (path(".pem"), path(".key"))
    }

    /// A file in the same folder.
    func file(_ name: String, _ text: String) throws -> String {
        let url = directory.appendingPathComponent(name)
        try text.write(to: url, atomically: true, encoding: .utf8)
        return url.path
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
