import BatchEngine
import LLMStreaming
import Synchronization
import SystemCalls

/// The bytes of open files, a piece at a time.
enum FileBytes {
    private static let pieceBytes = 256 << 10
    /// As many are brought to the disk at a time: what a slow disk has by then counts, and the rest can be given up.
    private static let syncedBytes = 64 << 20
    /// What file systems answer that cannot sync.
    private static let withoutSync = [EINVAL, ENOTSUP, EROFS]

    /// Why a file was not copied.
    struct Fault: Equatable {
        enum Side { case input, output }

        var side: Side
        /// The system's number of the error.
        var code: Int32
    }

    /// Copies a file from where it stands to its end, and brings it to the disk; a cancelled task gives up.
    ///
    /// - Parameter progress: counts what was read, and again what is on the disk.
    /// - Returns: what went wrong; nil for nothing.
    static func publish(_ input: Int32, to output: Int32, progress: CopyProgress) -> Fault? {
        var unsynced = 0
        let fault = copy(input, to: output) { piece in
            progress.add(piece.count)
            if Task.isCancelled { return ECANCELED }
            unsynced += piece.count
            guard unsynced > syncedBytes else { return 0 }
            let code = sync(output)
            progress.add(unsynced)
            unsynced = 0
            return code
        }
        if let fault { return fault }
        let code = sync(output)
        return code == 0 ? nil : Fault(side: .output, code: code)
    }

    private static func sync(_ output: Int32) -> Int32 {
        guard fsync(output) != 0, !withoutSync.contains(errno) else { return 0 }
        return errno
    }

    /// Copies a file from where it stands to its end.
    ///
    /// - Parameters:
    ///   - limit: how many bytes are wanted; where there are more, it ends behind the first of them.
    ///   - each: told of every piece before it is written; gives the system's number of an error that ends it, or 0.
    /// - Returns: what went wrong; nil for nothing.
    static func copy(
        _ input: Int32, to output: Int32, limit: Int = .max, each: (ArraySlice<UInt8>) -> Int32
    ) -> Fault? {
        var piece = [UInt8](repeating: 0, count: pieceBytes)
        var total = 0
        while total <= limit {
            let count = unsafe piece.withUnsafeMutableBytes { unsafe read(input, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                return Fault(side: .input, code: errno)
            }
            if count == 0 { return nil }
            var code = each(piece[..<count])
            if code == 0 { code = write(piece[..<count], to: output) }
            if code != 0 { return Fault(side: .output, code: code) }
            total += count
        }
        return nil
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to output: Int32) -> Int32 {
        var rest = bytes
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe SystemCalls.write(output, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                return errno
            }
            rest = rest.dropFirst(count)
        }
        return 0
    }

    /// The length of a file and its SHA-256 in lower-case hexadecimal; nil where it cannot be read, as `errno` tells, and
    /// where the task is cancelled.
    static func measure(
        _ path: String, progress: CopyProgress = CopyProgress()
    ) -> (bytes: Int, checksum: String)? {
        let input = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { return nil }
        defer { _ = close(input) }
        var (hash, total) = (ByteHash(), 0)
        var piece = [UInt8](repeating: 0, count: pieceBytes)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes { unsafe read(input, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                return nil
            }
            if count == 0 { return (total, hash.hexadecimal()) }
            if Task.isCancelled {
                errno = ECANCELED
                return nil
            }
            progress.add(count)
            hash.append(piece[..<count])
            total += count
        }
    }
}

/// How far making and writing parts came, in bytes, for who waits for the end.
final class CopyProgress: Sendable {
    private let count = Mutex(0)

    var bytes: Int { count.withLock { $0 } }

    func add(_ bytes: Int) { count.withLock { $0 = $0.addingClamped(bytes) } }
}
