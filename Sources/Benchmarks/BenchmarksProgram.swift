import ArgumentParser

/// The project's own benchmarks: the table of goals beside other clients under the same load, and the parts alone.
@main
struct BenchmarksProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Benchmarks", abstract: "Measures llm4s-batch against its goals and other clients.",
        subcommands: [GoalsCommand.self, MicroCommand.self])
}
