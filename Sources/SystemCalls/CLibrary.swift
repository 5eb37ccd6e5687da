// The one import of the system's C library: targets that call it import this one.
#if canImport(Darwin)
    @_exported public import Darwin
#elseif canImport(Musl)
    @_exported public import Musl
#else
    @_exported public import Glibc
#endif

/// The numbers of errors that system calls give, in words.
package enum SystemError {
    /// The system's words for a number.
    package static func words(_ code: Int32) -> String {
        unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }

    /// The system's words for the newest call of this thread that failed.
    package static var newest: String { words(errno) }
}
