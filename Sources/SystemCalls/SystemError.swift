/// The numbers of errors that system calls give, in words.
package enum SystemError {
    /// The system's words for a number.
    package static func words(_ code: Int32) -> String {
        unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }

    /// The system's words for the newest call of this thread that failed.
    package static var newest: String { words(errno) }
}
