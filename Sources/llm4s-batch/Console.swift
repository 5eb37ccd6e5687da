import ArgumentParser
import BatchEngine
import Foundation
import LLM4SBatch
import LLMStreaming
import Synchronization
import SystemCalls

/// Standard output for results, standard error for everything else (Contract, "Commands").
enum Console {
    /// Lines on standard output, safe for a terminal.
    static func output(_ text: String) { output(bytes: TerminalText.bytes(of: text) + [0x0A]) }

    /// JSON in a line of standard output, safe for a terminal and the same JSON.
    static func output(_ json: JSON) { output(bytes: TerminalText.bytes(ofJSON: json.text) + [0x0A]) }

    /// Bytes on standard output, as they are.
    ///
    /// A closed pipe ends the program quietly, as with other tools; a full disk does not.
    static func output(bytes: [UInt8]) {
        let fault = write(bytes, to: STDOUT_FILENO)
        if fault == EPIPE { exit(ExitStatus.completed.rawValue) }
        guard fault != 0 else { return }
        error("standard output cannot be written: \(SystemError.words(fault))")
        exit(ExitStatus.input.rawValue)
    }

    /// How lines on standard error are written; set once, before a run begins.
    struct Style: Sendable {
        /// Lines below this level are left out.
        var level = LogLevel.info
        /// Whether each is a JSON object.
        var isJSON = false
        /// Whether a line of progress is redrawn below them.
        var isRedrawn = false

        init(level: LogLevel = .info, isJSON: Bool = false) {
            self.level = level
            self.isJSON = isJSON
        }

        /// That of arguments before they are checked: what is wrong with them is told in it too.
        init(arguments: [String]) {
            self.init(isJSON: Self.progress(in: arguments) == ProgressMode.json.rawValue)
        }

        /// The value of `--progress` where the command has that option; the last one counts.
        private static func progress(in arguments: [String]) -> String? {
            let commands = [RunCommand._commandName, ResumeCommand._commandName, RetryCommand._commandName]
            guard let command = arguments.first, commands.contains(command) else { return nil }
            // What follows a bare `--` are file names.
            let options = Array(arguments.prefix { $0 != "--" })
            let values = options.enumerated().compactMap { position, argument -> String? in
                if argument == "--progress" { return options.dropFirst(position + 1).first }
                return argument.hasPrefix("--progress=") ? String(argument.dropFirst("--progress=".count)) : nil
            }
            return values.last
        }
    }

    static let style = Mutex(Style())

    /// A line on standard error.
    static func error(_ line: String) { log(.error, line) }

    /// What was asked for, on standard error, whatever messages are asked for beside it.
    static func report(_ text: String) { write(.info, text) }

    /// A line on standard error, where its level is asked for.
    static func log(_ level: LogLevel, _ line: String) {
        if level >= style.withLock({ $0.level }) { write(level, line) }
    }

    private static func write(_ level: LogLevel, _ line: String) {
        let style = style.withLock { $0 }
        if style.isJSON {
            event("message", [("level", .string(level.rawValue)), ("text", .string(line))])
        } else {
            let start = style.isRedrawn ? "\r\u{1B}[K" : ""
            let lines = TerminalText.safe(line).split(separator: "\n", omittingEmptySubsequences: false)
                .flatMap { TerminalText.wrapped(String($0), width: errorWidth) }
            errorText(start + lines.joined(separator: "\n") + "\n")
        }
    }

    /// A JSON object in a line of standard error (`--progress json`).
    static func event(_ name: String, _ members: [(String, JSON)]) {
        var object = JSONObject()
        object["event"] = .string(name)
        object["time_ms"] = .int(Int(TimeOfDay.unixMilliseconds))
        for (key, value) in members { object[key] = value }
        errorText(TerminalText.safe(json: JSON.object(object).text) + "\n")
    }

    /// Text on standard error, without a line end: for a line that is redrawn.
    ///
    /// Where nobody reads our progress any more, the work goes on.
    static func errorText(_ text: String) { _ = write(Array(text.utf8), to: STDERR_FILENO) }

    /// Whether lines may be redrawn and painted: not with NO_COLOR, nor on a terminal that cannot.
    static var isPainting: Bool {
        let environment = ProcessEnvironment.variables
        return environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    }

    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    static var isInputTerminal: Bool { isatty(STDIN_FILENO) == 1 }
    static var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// The width of the terminal that standard output goes to, in characters; nil where it is none.
    ///
    /// What a program reads stays one record a line.
    static var outputWidth: Int? { outputSize?.width }
    /// The same of standard error.
    static var errorWidth: Int? { size(of: STDERR_FILENO)?.width }
    /// The characters of a line and the lines of the terminal that standard output goes to; nil where it is none.
    static var outputSize: (width: Int, height: Int)? { size(of: STDOUT_FILENO) }

    private static func size(of descriptor: Int32) -> (width: Int, height: Int)? {
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return (80, 24) }
        return (max(40, Int(size.ws_col)), size.ws_row > 0 ? Int(size.ws_row) : 24)
    }

    /// Writes all bytes; gives the number of the error that kept it from doing so, else 0.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        var position = 0
        while position < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Foundation.write(descriptor, buffer.baseAddress! + position, buffer.count - position)
            }
            if count >= 0 {
                position += count
            } else if errno == EAGAIN {
                // Whoever shares the terminal or pipe with us made it non-blocking.
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&ready, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }
}

/// What is worth a line on standard error.
enum LogLevel: String, ExpressibleByArgument, CaseIterable, Sendable, Comparable {
    /// Every attempt that failed.
    case debug
    /// What a run found, what it waits for, how it ended.
    case info
    /// What needs a look.
    case warning
    /// What ended the program.
    case error

    private var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }

    static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}
