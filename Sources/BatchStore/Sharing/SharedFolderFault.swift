import SystemCalls

/// Why a shared folder, or a part in it, cannot be used.
package struct SharedFolderFault: Error, Sendable, Equatable, CustomStringConvertible {
    package var path: String
    package var reason: String
    /// What can be done; empty where nothing is known.
    package var remedy: String
    /// Whether it is no folder at all: another attempt would find the same.
    package var isInput: Bool
    /// The system's number of the error; 0 where there is none.
    var code: Int32
    /// Whether it is on this machine, such as a local disk that is full.
    var isLocal: Bool

    init(
        _ path: String, _ reason: String, remedy: String = "", isInput: Bool = false, code: Int32 = 0,
        isLocal: Bool = false
    ) {
        self.path = path
        self.reason = reason
        self.remedy = remedy
        self.isInput = isInput
        self.code = code
        self.isLocal = isLocal
    }

    /// A file on a local disk cannot be read or written.
    init(local path: String, _ code: Int32) {
        self.init(path, SystemError.words(code), code: code, isLocal: true)
    }

    package var description: String { "\(path): \(reason)" + (remedy.isEmpty ? "" : "; \(remedy)") }

    /// Whether the same may succeed a little later: a disk on the network was away, or a file's handle was old.
    var isTransient: Bool { !isLocal && ![ENOENT, ELOOP, ENOTDIR, EISDIR, ENXIO].contains(code) && !isRefused }

    /// Whether this user may not read it: others can.
    var isRefused: Bool { [EACCES, EPERM].contains(code) }

    /// The error of a database where it is of this machine; nil otherwise.
    var localError: StoreError? {
        guard isLocal else { return nil }
        let kind: StoreError.Kind =
            switch code {
            case ENOSPC, EDQUOT: .full
            case ENOMEM: .noMemory
            default: .io
            }
        return StoreError(kind, path: path, reason: reason)
    }
}
