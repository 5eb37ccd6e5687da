/// Which process works: what the lock file and the table `runs` say.
package struct ProcessIdentity: Sendable, Equatable {
    package var pid: Int
    package var host: String

    package init(pid: Int, host: String) {
        self.pid = pid
        self.host = host
    }

    /// This process.
    package static var current: ProcessIdentity {
        var name = [UInt8](repeating: 0, count: 256)
        let code = unsafe name.withUnsafeMutableBytes { buffer in
            unsafe gethostname(buffer.bindMemory(to: CChar.self).baseAddress!, buffer.count - 1)
        }
        let host = code == 0 ? String(decoding: name.prefix { $0 != 0 }, as: UTF8.self) : "unknown"
        return ProcessIdentity(pid: Int(getpid()), host: host)
    }
}

/// The variables that this process was given.
package enum ProcessEnvironment {
    /// All of them, as they are now.
    package static var variables: [String: String] {
        var variables: [String: String] = [:]
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let parts = unsafe String(cString: text).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            unsafe entry += 1
        }
        return variables
    }
}
