import SystemCalls

/// How many files and sockets this process may have open.
enum OpenFileLimit {
    /// What a process needs besides its streams: database, log, lock, event loops, standard streams.
    private static let others = 64
    /// What a command needs without a stream.
    private static let least = 32

    /// Raises the limit, and looks whether a command can work within it.
    ///
    /// To be called first: Dispatch opens files of its own with the first timer, whenever that is, and ends the process
    /// by a trap where it cannot.
    ///
    /// - Throws: `Exit` where too many files are open already.
    static func prepare() throws(Exit) {
        raise()
        var opened: [Int32] = []
        defer { for descriptor in opened { close(descriptor) } }
        for _ in 0..<least {
            let descriptor = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
            if descriptor >= 0 {
                opened.append(descriptor)
            } else if errno == EMFILE || errno == ENFILE {
                throw Exit(
                    .database,
                    "too many files are open: the program needs \(least) of its own; raise the limit (ulimit -n)")
            }
        }
    }

    /// Raises the limit as far as the system allows.
    ///
    /// - Returns: the limit now; nil where the system does not tell.
    @discardableResult
    private static func raise() -> UInt64? {
        var limit = rlimit()
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        guard unsafe getrlimit(resource, &limit) == 0 else { return nil }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(resource, &limit)
        return UInt64(limit.rlim_max)
    }

    /// Raises the limit for streams.
    ///
    /// - Parameters:
    ///   - streams: connections that may be open at once.
    ///   - isServer: whether the other end of each is in this process too (the embedded mock).
    ///   - others: files that are open besides.
    ///   - option: what asks for them.
    /// - Throws: `Exit` where they do not fit.
    static func raise(
        streams: Int, isServer: Bool, others: Int = 0, option: String = "--concurrency"
    ) throws(Exit) {
        guard let limit = raise() else { return }
        let (needed, overflow) = streams.multipliedReportingOverflow(by: isServer ? 2 : 1)
        guard !overflow, UInt64(needed) + UInt64(Self.others + others) <= limit else {
            throw Exit(
                .input,
                "\(option) \(streams) needs more open files than this system allows (\(limit)); "
                    + "lower it, or raise the limit (ulimit -Hn)")
        }
    }
}
