/// The program's exit status: a contract (SPEC 2).
///
/// Where several hold, the first of this order counts: store, signal, work left, input, job failed, success.
enum ExitStatus: Int32, Sendable {
    case completed = 0
    case jobFailed = 1
    case input = 2
    case database = 3
    case workLeft = 4
    case hungUp = 129
    case interrupted = 130
    case terminated = 143
}

/// Ends the program with a status, after a message on standard error where there is one.
struct Exit: Error {
    var status: ExitStatus
    var message: String?

    init(_ status: ExitStatus, _ message: String? = nil) {
        self.status = status
        self.message = message
    }
}
