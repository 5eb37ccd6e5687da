import SystemCalls

/// The names of what is in a folder.
enum FolderNames {
    /// Tells each name; an empty folder has none.
    ///
    /// - Returns: false where the system refuses, as `errno` tells.
    static func each(in path: String, _ body: (String) -> Void) -> Bool {
        guard let folder = unsafe opendir(path) else { return false }
        var code: Int32 = 0
        while true {
            errno = 0
            guard let entry = unsafe readdir(folder) else {
                code = errno
                break
            }
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { body(name) }
        }
        _ = unsafe closedir(folder)
        errno = code
        return code == 0
    }
}
