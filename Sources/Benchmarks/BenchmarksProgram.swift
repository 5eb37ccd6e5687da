import ArgumentParser
import Foundation

/// The project's own benchmarks: the table of goals beside other clients under the same load, and the parts alone.
@main
struct BenchmarksProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Benchmarks", abstract: "Measures llm4s-batch against its goals and other clients.",
        subcommands: [
            GoalsCommand.self, MicroCommand.self, SelfCommand.self, SourceCommand.self, ClientCommand.self,
            SharesCommand.self,
        ])
}

/// Writes results to standard output and progress to standard error.
enum Report {
    static func result(_ line: String) { write(line, to: .standardOutput) }
    static func note(_ line: String) { write(line, to: .standardError) }

    private static func write(_ line: String, to handle: FileHandle) {
        // Without a reader there is nobody to report to.
        try? handle.write(contentsOf: Data((line + "\n").utf8))
    }
}

/// Refuses a number outside of an option's range.
func checkOption(_ name: String, _ value: Int, in range: ClosedRange<Int>) throws {
    guard !range.contains(value) else { return }
    throw ValidationError("--\(name) must be \(range.lowerBound) to \(range.upperBound), not \(value)")
}
