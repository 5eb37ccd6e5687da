import Foundation

/// How a child of this process has ended.
///
/// Foundation knows it by the end of a socket, which whatever the child has started keeps open: here the system is asked.
enum ProcessEnd: Equatable {
    case exit(Int32)
    case signal(Int32)
    /// It has, and Foundation has heard how.
    case known

    /// Asks about a child; nil while it runs.
    init?(of child: Int32) {
        var info = unsafe siginfo_t()
        let options = WEXITED | WNOHANG | WNOWAIT
        guard unsafe waitid(P_PID, id_t(child), &info, options) == 0 else {
            self = .known
            return
        }
        #if canImport(Darwin)
            let (found, status) = (info.si_pid, info.si_status)
        #else
            let (found, status) = unsafe (info._sifields._sigchld.si_pid, info._sifields._sigchld.si_status)
        #endif
        guard found == child else { return nil }
        self = unsafe info.si_code == CLD_EXITED ? .exit(status) : .signal(status)
    }

    /// In words.
    var words: String {
        switch self {
        case .exit(let status): "it ended with status \(status)"
        case .signal(let signal): "it was ended by signal \(signal)"
        case .known: "it has ended"
        }
    }
}
