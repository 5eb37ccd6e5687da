/// Stream sockets that have a name in the file system: none of these calls waits, but for `connect`.
package enum UnixSocket {
    /// The bytes that a name may have at most.
    package static let maximumPathBytes = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    /// Listens under a name that nothing has; only the owner of the process may connect.
    ///
    /// - Returns: the descriptor; nil where the system refuses, as `errno` tells.
    package static func listen(at path: String) -> Int32? {
        unsafe open(path, isWaiting: false) { descriptor, address, length in
            guard unsafe bind(descriptor, address, length) == 0 else { return false }
            // Nobody can connect before it listens.
            // Where others may write in the folder, something else may stand there by now.
            var status = stat()
            guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK, status.st_uid == geteuid(),
                unsafe chmod(path, 0o600) == 0, SystemCalls.listen(descriptor, 64) == 0
            else {
                let code = errno
                _ = unsafe unlink(path)
                errno = code
                return false
            }
            return true
        }
    }

    /// Connects to the one that listens under a name.
    ///
    /// - Returns: the descriptor; nil where nobody does, as `errno` tells.
    package static func connect(to path: String) -> Int32? {
        unsafe open(path, isWaiting: true) { descriptor, address, length in
            // A process that is stopped takes no more connections at some time.
            setTimeout(seconds: 5, of: descriptor)
            return unsafe SystemCalls.connect(descriptor, address, length) == 0
        }
    }

    /// The next connection to one that listens; nil where there is none, or the system refuses.
    package static func accept(_ listener: Int32) -> Int32? {
        let descriptor = SystemCalls.accept(listener, nil, nil)
        guard descriptor >= 0 else { return nil }
        configure(descriptor, isWaiting: false)
        return descriptor
    }

    /// Writes what the other side takes; nil where it takes nothing more for good.
    package static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int? {
        let count = unsafe bytes.withUnsafeBytes { bytes in
            // A peer that is gone is no signal.
            unsafe send(descriptor, bytes.baseAddress, bytes.count, noSignal)
        }
        if count >= 0 { return count }
        return isForNow ? 0 : nil
    }

    /// Reads what has come, at most so many bytes: empty at the end, nil where nothing has come by now.
    package static func read(_ descriptor: Int32, upTo limit: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count < 0 { return isForNow ? nil : [] }
        return Array(bytes.prefix(count))
    }

    /// Bounds how long reading and writing may wait.
    package static func setTimeout(seconds: Int, of descriptor: Int32) {
        var time = timeval(tv_sec: .init(seconds), tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    private static var isForNow: Bool { errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR }

    private static func open(
        _ path: String, isWaiting: Bool, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool
    ) -> Int32? {
        let name = Array(path.utf8)
        guard name.count <= maximumPathBytes, !name.contains(0) else {
            errno = ENAMETOOLONG
            return nil
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let descriptor = socket(AF_UNIX, stream, 0)
        guard descriptor >= 0 else { return nil }
        configure(descriptor, isWaiting: isWaiting)
        let isOpen = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe body(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if isOpen { return descriptor }
        let code = errno
        _ = close(descriptor)
        errno = code
        return nil
    }

    private static func configure(_ descriptor: Int32, isWaiting: Bool) {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        if !isWaiting { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        #if canImport(Darwin)
            var isOn: Int32 = 1
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &isOn, socklen_t(MemoryLayout<Int32>.size))
        #endif
    }

    #if canImport(Glibc)
        private static let stream = Int32(SOCK_STREAM.rawValue)
    #else
        private static let stream = SOCK_STREAM
    #endif
    #if canImport(Darwin)
        private static let noSignal: Int32 = 0
    #else
        private static let noSignal = Int32(MSG_NOSIGNAL)
    #endif
}
