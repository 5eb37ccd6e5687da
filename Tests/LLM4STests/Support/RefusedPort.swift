import Foundation

/// A port where every connection is refused for as long as this lives: bound, so that nobody else can get it, and not
/// listening.
final class RefusedPort: Sendable {
    let port: Int
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        // A sockaddr_in of 127.0.0.1 and any port: NIO has the type's members in a module of its own.
        var address: [UInt8] = [UInt8(AF_INET), 0, 0, 0, 127, 0, 0, 1] + [UInt8](repeating: 0, count: 8)
        let isBound = unsafe address.withUnsafeMutableBytes { [descriptor] bytes in
            unsafe bind(
                descriptor, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count)) == 0
        }
        guard isBound, let port = localPort(of: descriptor) else { throw POSIXError(.EADDRNOTAVAIL) }
        self.port = port
    }

    deinit { close(descriptor) }
}
