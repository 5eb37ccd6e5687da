import Foundation
import Testing

/// A connection of the tests' own to a server on loopback: bytes out, bytes in, as they are.
final class LoopbackHTTP: Sendable {
    /// What came for a request.
    struct Response {
        var status: Int
        var headers: [String: String]
        var body: String

        /// The body as JSON.
        var json: [String: Any] {
            get throws {
                try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any], "\(body)")
            }
        }
    }

    private let descriptor: Int32
    let port: Int

    init(port: Int) throws {
        self.port = port
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                unsafe connect(descriptor, raw, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { throw POSIXError(.ECONNREFUSED) }
    }

    deinit { close(descriptor) }

    /// Has the connection reset when this is gone, instead of ended.
    func resetWhenClosed() {
        var option = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// Sends no more, and may still receive.
    func endSending() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { buffer in
                unsafe Foundation.send(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// What comes until a condition holds of all of it, or the other end closes; on a thread that may wait.
    func receive(until isEnough: @escaping @Sendable (String) -> Bool = { _ in false }) async -> String {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [descriptor] in
                var all: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 65_536)
                while !isEnough(String(decoding: all, as: UTF8.self)) {
                    let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
                    guard count > 0 else { break }
                    all += buffer[..<count]
                }
                continuation.resume(returning: String(decoding: all, as: UTF8.self))
            }
        }
    }

    /// One request on a connection of its own.
    ///
    /// - Parameters:
    ///   - target: the path with what is behind it.
    ///   - host: what it names as Host; nil for the right one.
    static func request(
        _ target: String, _ method: String = "GET", port: Int, host: String? = nil, headers: [String] = [],
        body: String = ""
    ) async throws -> Response {
        let connection = try LoopbackHTTP(port: port)
        let length = body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)"]
        let lines = ["\(method) \(target) HTTP/1.1", "Host: \(host ?? "127.0.0.1:\(port)")", "Connection: close"]
        connection.send((lines + length + headers).joined(separator: "\r\n") + "\r\n\r\n" + body)
        return try response(await connection.receive())
    }

    static func response(_ text: String) throws -> Response {
        let end = try #require(text.firstRange(of: "\r\n\r\n"), "no response: \(text)")
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        let status = try #require(lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        return Response(status: status, headers: headers, body: String(text[end.upperBound...]))
    }
}

/// `serve` in a process of its own.
final class ServedPage: Sendable {
    let process: BatchProcess
    let port: Int

    init(_ database: String, _ options: [String] = [], environment: [String: String] = [:]) async throws {
        process = try BatchProcess(["serve", "--db", database] + options, environment: environment)
        port = try await Self.port { [process] in
            try await process.wait { process.outputSoFar.contains("\n") }
            return process.outputSoFar
        } orFail: { [process] in
            process.errorSoFar
        }
    }

    deinit { process.send(SIGKILL) }

    /// The port in the URL that is the first line of some text.
    static func port(_ text: () async throws -> String, orFail error: () -> String) async throws -> Int {
        let line = try await text().split(separator: "\n").first ?? ""
        let match = try #require(line.wholeMatch(of: #/http://127\.0\.0\.1:(\d+)//#), "\(line) \(error())")
        return try #require(Int(match.1))
    }

    func get(_ target: String) async throws -> LoopbackHTTP.Response {
        try await LoopbackHTTP.request(target, port: port)
    }

    /// The token of its page.
    func token() async throws -> String { try await Self.token(port: port) }

    static func token(port: Int) async throws -> String {
        let page = try await LoopbackHTTP.request("/", port: port)
        let match = page.body.firstMatch(of: #/name="control-token" content="([0-9a-f]{64})"/#)
        return String(try #require(match, "\(page.body)").1)
    }

    /// Has the run told something by its page.
    static func tell(_ body: String, port: Int, token: String) async throws -> LoopbackHTTP.Response {
        try await LoopbackHTTP.request(
            "/api/ctl", "POST", port: port,
            headers: ["Content-Type: application/json", "X-Control-Token: \(token)"], body: body)
    }
}
