import Foundation

/// How many files and sockets this process may have open.
enum OpenFileLimit {
    /// What a process needs besides its streams: database, log, lock, event loops, standard streams.
    private static let others = 64

    /// Raises the limit as far as the system allows (SPEC 7).
    ///
    /// - Parameters:
    ///   - streams: connections that may be open at once.
    ///   - isServer: whether the other end of each is in this process too (the embedded mock).
    /// - Throws: `Exit` where they do not fit.
    static func raise(streams: Int, isServer: Bool) throws(Exit) {
        var limit = rlimit()
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        guard unsafe getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(resource, &limit)
        let (needed, overflow) = streams.multipliedReportingOverflow(by: isServer ? 2 : 1)
        guard !overflow, UInt64(needed) + UInt64(others) <= UInt64(limit.rlim_max) else {
            throw Exit(
                .input,
                "--concurrency \(streams) needs more open files than this system allows (\(limit.rlim_max)); "
                    + "lower it, or raise the limit (ulimit -Hn)")
        }
    }
}
