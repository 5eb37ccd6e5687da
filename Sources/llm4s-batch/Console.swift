import Foundation
import LLMStreaming
import Synchronization

/// Standard output for results, standard error for everything else (SPEC 2).
enum Console {
    /// A line on standard output; a closed pipe ends the program quietly, as with other tools.
    static func output(_ line: String) { write(line + "\n", to: FileHandle.standardOutput) }

    /// Bytes on standard output, as they are.
    static func output(bytes: [UInt8]) { write(Data(bytes), to: FileHandle.standardOutput) }

    /// How lines on standard error are written; set once, before a run begins.
    struct Style: Sendable {
        /// Lines below this level are left out.
        var level = LogLevel.info
        /// Whether each is a JSON object.
        var isJSON = false
        /// Whether a line of progress is redrawn below them.
        var isRedrawn = false
    }

    static let style = Mutex(Style())

    /// A line on standard error.
    static func error(_ line: String) { log(.error, line) }

    /// A line on standard error, where its level is asked for.
    static func log(_ level: LogLevel, _ line: String) {
        let style = style.withLock { $0 }
        guard level >= style.level else { return }
        if style.isJSON {
            event("message", [("level", .string(level.rawValue)), ("text", .string(line))])
        } else {
            let start = style.isRedrawn ? "\r\u{1B}[K" : ""
            write(start + TerminalText.safe(line) + "\n", to: FileHandle.standardError)
        }
    }

    /// A JSON object in a line of standard error (`--progress json`).
    static func event(_ name: String, _ members: [(String, JSON)]) {
        var object = JSONObject()
        object["event"] = .string(name)
        object["time_ms"] = .int(Int(UnixTime.milliseconds))
        for (key, value) in members { object[key] = value }
        write(TerminalText.safe(json: JSON.object(object).text) + "\n", to: FileHandle.standardError)
    }

    /// Text on standard error, without a line end: for a line that is redrawn.
    static func errorText(_ text: String) { write(text, to: FileHandle.standardError) }

    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    static var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    private static func write(_ text: String, to handle: FileHandle) { write(Data(text.utf8), to: handle) }

    private static func write(_ data: Data, to handle: FileHandle) {
        do {
            try handle.write(contentsOf: data)
        } catch  where handle === FileHandle.standardOutput {
            exit(ExitStatus.completed.rawValue)
        } catch {
            // Nobody reads our progress any more; the work goes on.
        }
    }
}
