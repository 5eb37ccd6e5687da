#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

import NIOCore

/// The process's limit of open files.
enum OpenFiles {
    /// Raises the limit as far as the system lets it: both ends of a thousand connections are in this process.
    static func raiseLimit() throws {
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        var limit = rlimit()
        guard unsafe getrlimit(resource, &limit) == 0 else { throw IOError(errnoCode: errno, reason: "getrlimit") }
        limit.rlim_cur = limit.rlim_max
        guard unsafe setrlimit(resource, &limit) == 0 else { throw IOError(errnoCode: errno, reason: "setrlimit") }
    }
}
