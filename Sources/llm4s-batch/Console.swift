import Foundation
import LLMStreaming

/// Standard output for results, standard error for everything else (SPEC 2).
enum Console {
    /// A line on standard output; a closed pipe ends the program quietly, as with other tools.
    static func output(_ line: String) { write(line + "\n", to: FileHandle.standardOutput) }

    /// Bytes on standard output, as they are.
    static func output(bytes: [UInt8]) { write(Data(bytes), to: FileHandle.standardOutput) }

    /// A line on standard error.
    static func error(_ line: String) { write(TerminalText.safe(line) + "\n", to: FileHandle.standardError) }

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
