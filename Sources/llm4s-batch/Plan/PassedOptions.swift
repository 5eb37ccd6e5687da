import ArgumentParser
import BatchEngine

/// The job file and the options of `run` that a plan passes on, checked as `run` checks them.
struct PassedOptions {
    let file: String
    /// As they were typed, in one word each where that can be, and with what the script adds.
    let arguments: [String]
    /// What `run` makes of them.
    let run: RunCommand

    /// Takes the job file and the options apart.
    ///
    /// - Throws: `Exit` with what is wrong.
    init(_ typed: [String], for engine: PlanEngine) throws {
        let (options, files) = Self.split(typed)
        for option in options {
            guard let reason = engine.ownOptions[option.name] else { continue }
            throw Exit(.input, "--\(option.name): a plan for \(engine.rawValue) sets it itself: \(reason)")
        }
        if engine == .spark, options.contains(where: { $0.name == "shared" }) {
            throw Exit(
                .input,
                "--shared: tasks of Spark are no shards, so that each would read what all others have published;"
                    + " leave it out, or have Slurm or Kubernetes run the parts")
        }
        if engine == .spark, options.contains(where: { $0.name == "template" }) {
            throw Exit(
                .input,
                "--template: Spark hands out lines, among which a row may have several and the header is one;"
                    + " leave it out, or have Slurm or Kubernetes run the parts")
        }
        do {
            run = try RunCommand.parse(options.map(\.word) + ["--"] + (files.isEmpty ? ["-"] : files))
        } catch {
            throw Exit(.input, "options after the engine are those of run: \(RunCommand.message(for: error))")
        }
        guard let file = files.first, files.count == 1, !file.isEmpty else {
            throw Exit(
                .input,
                files.count > 1
                    ? "a plan is of one file, not of \(files.count): \(files.map(\.quotedName).joined(separator: ", "))"
                    : "which file? llm4s-batch plan \(engine.rawValue) --shards N FILE")
        }
        guard file != "-" else { throw Exit(.input, "-: a plan needs a file that every task can read") }
        if run.db?.contains("{shard}") == false {
            throw Exit(.input, "--db \(run.db ?? ""): each part needs a database of its own; put {shard} into the name")
        }
        self.file = file
        let names = Set(options.map(\.name))
        arguments =
            options.map(\.word)
            + engine.addedOptions.filter { !names.contains(String($0.dropFirst(2).prefix { $0 != "=" })) }
    }

    /// The options, each with its value, and the files; what is no option of `run` is left as it is.
    private static func split(_ typed: [String]) -> (options: [(name: String, word: String)], files: [String]) {
        let valued = Set(OptionDescription.all(of: RunCommand.self).filter { !$0.isFlag }.map(\.name))
        var options: [(name: String, word: String)] = []
        var files: [String] = []
        var rest = typed[...]
        while let word = rest.popFirst() {
            if word == "--" {
                files += rest
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                files.append(word)
                continue
            }
            let name = String(word.drop { $0 == "-" }.prefix { $0 != "=" })
            if word == "--\(name)", valued.contains(name), let value = rest.popFirst() {
                options.append((name, "\(word)=\(value)"))
            } else {
                options.append((name, word))
            }
        }
        return (options, files)
    }
}
