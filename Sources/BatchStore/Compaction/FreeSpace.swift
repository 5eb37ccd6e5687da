import SystemCalls

/// The room that a file system has left.
package enum FreeSpace {
    /// The bytes that a user may still write where a folder lies; nil where the system does not tell.
    package static func bytes(at folder: String) -> Int? {
        var status = statvfs()
        guard unsafe statvfs(folder, &status) == 0 else { return nil }
        let (bytes, isOver) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return isOver ? .max : Int(clamping: bytes)
    }
}
