import Foundation

/// How many sockets this process has open that have a TCP port at one of their ends, the listening one included.
///
/// Other tests open sockets at the same time, so counting descriptors alone says nothing.
func openSockets(port: Int) -> Int {
    // Other tests of this process may hold thousands.
    (0..<CInt(65_536)).count { descriptor in
        localPort(of: descriptor) == port || remotePort(of: descriptor) == port
    }
}

/// The port that a socket is bound to; nil where it is no socket of IPv4.
func localPort(of descriptor: CInt) -> Int? {
    unsafe port { unsafe getsockname(descriptor, $0, $1) }
}

private func remotePort(of descriptor: CInt) -> Int? {
    unsafe port { unsafe getpeername(descriptor, $0, $1) }
}

/// Reads the bytes of a sockaddr_in itself: family in the first two, port in the next two, highest byte first.
private func port(_ name: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> CInt) -> Int? {
    var address = [UInt8](repeating: 0, count: 128)
    var length = socklen_t(address.count)
    let result = unsafe address.withUnsafeMutableBytes { bytes in
        unsafe name(bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
    }
    guard result == 0, address[0] == UInt8(AF_INET), address[1] == 0 else { return nil }
    return Int(address[2]) << 8 | Int(address[3])
}
