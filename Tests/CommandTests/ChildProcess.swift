import Foundation
import Synchronization

/// A child of this process, waited for by its number alone.
///
/// Foundation's Process knows that a child has ended by the end of a socket, which every other child inherits that is
/// started at the same time: two tests that each keep a server running wait for each other for ever. Here a child gets
/// its three standard files and nothing else.
final class ChildProcess: Sendable {
    let processIdentifier: pid_t
    /// How it ended, as waitpid tells it; nil while it runs.
    private let ending = Mutex<Int32?>(nil)

    /// Starts a program, looked for in PATH.
    ///
    /// - Parameters:
    ///   - arguments: the program and its arguments.
    ///   - environment: all of its variables.
    init(
        _ arguments: [String], environment: [String: String] = ProcessInfo.processInfo.environment,
        directory: String? = nil, input: String = "/dev/null", output: String = "/dev/null",
        error: String = "/dev/null"
    ) throws {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        let created = O_WRONLY | O_CREAT | O_TRUNC
        unsafe posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, created, 0o600)
        if error == output {
            unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        } else {
            unsafe posix_spawn_file_actions_addopen(&actions, 2, error, created, 0o600)
        }
        unsafe Self.closeOthers(&actions)
        let arguments = (directory.map { ["env", "-C", $0] } ?? []) + arguments
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // A mask or a handler of ours is not the child's.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var pid = pid_t()
        let result = unsafe Self.withPointers(arguments) { arguments in
            unsafe Self.withPointers(environment.map { "\($0.key)=\($0.value)" }) { environment in
                unsafe posix_spawnp(&pid, arguments[0]!, &actions, &attributes, arguments, environment)
            }
        }
        guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: result) ?? .EIO) }
        processIdentifier = pid
    }

    /// Has everything but the standard files closed in the child: a socket of another test that it held would stay open.
    private static func closeOthers(_ actions: inout posix_spawn_file_actions_t) {
        typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
        // glibc has it since 2.34, but shows it to C programs of GNU's own kind only.
        if let symbol = unsafe dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") {
            _ = unsafe unsafeBitCast(symbol, to: CloseFrom.self)(&actions, 3)
        } else {
            // One that is not open is passed over.
            for descriptor in 3..<4_096 as Range<Int32> {
                unsafe posix_spawn_file_actions_addclose(&actions, descriptor)
            }
        }
    }

    /// Calls a closure with C strings and the null behind them.
    private static func withPointers<Result>(
        _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = unsafe texts.map { unsafe strdup($0) } + [nil]
        defer { unsafe pointers.forEach { unsafe free($0) } }
        return unsafe pointers.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress!) }
    }

    /// How it ended: its exit status, or the signal that killed it with a minus; nil while it runs.
    var status: Int32? {
        ending.withLock { ending in
            if ending == nil {
                var status: Int32 = 0
                let found = unsafe waitpid(processIdentifier, &status, WNOHANG)
                precondition(found >= 0 || errno == EINTR, "the end of child \(processIdentifier) was taken by another")
                if found == processIdentifier { ending = status }
            }
            return ending.map { $0 & 0x7F == 0 ? ($0 >> 8) & 0xFF : -($0 & 0x7F) }
        }
    }

    var isRunning: Bool { status == nil }

    /// Sends it a signal, unless it has ended.
    func send(_ signal: Int32) { if isRunning { kill(processIdentifier, signal) } }

    /// Waits for its end.
    func ended() async -> Int32 {
        while true {
            if let status { return status }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Runs a program to its end and gives its status and all that it wrote.
    static func run(_ arguments: String...) async throws -> (status: Int32, output: Data) {
        try await run(arguments: arguments)
    }

    /// Runs a program to its end and gives its status and all that it wrote.
    static func run(arguments: [String]) async throws -> (status: Int32, output: Data) {
        let file = FileManager.default.temporaryDirectory.appending(path: "output-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let status = try await ChildProcess(arguments, output: file.path, error: file.path).ended()
        return (status, try Data(contentsOf: file))
    }
}
