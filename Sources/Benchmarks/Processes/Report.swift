import Foundation

/// Where words go: results on standard output, progress on standard error.
enum Report {
    static func result(_ line: String) { write(line, to: .standardOutput) }
    static func note(_ line: String) { write(line, to: .standardError) }

    private static func write(_ line: String, to handle: FileHandle) {
        // Nobody to tell that nobody reads.
        try? handle.write(contentsOf: Data((line + "\n").utf8))
    }
}
