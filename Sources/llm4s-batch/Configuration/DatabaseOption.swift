import ArgumentParser

/// The database of the commands that read one.
struct DatabaseOption: ParsableArguments {
    @Option(
        help: ArgumentHelp("The database of a run (required).", valueName: "PATH"),
        completion: .file(extensions: ["db"]))
    var db: String
}
