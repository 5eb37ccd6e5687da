import ArgumentParser

/// The database of the commands that read or go on with one.
struct DatabaseOption: ParsableArguments {
    @Option(
        name: .customLong("db"),
        help: ArgumentHelp("The database of a run; must be given once (default: none).", valueName: "PATH"),
        completion: .file(extensions: ["db"]))
    var paths: [String] = []

    /// The database that was named.
    var path: String { paths[0] }

    func validate() throws { try Self.check(paths) }

    /// A second one would be left out in silence.
    fileprivate static func check(_ paths: [String]) throws {
        if paths.isEmpty { throw ValidationError("Missing expected argument '--db <PATH>'") }
        guard paths.count == 1 else {
            throw ValidationError("this command takes one database, and \(paths.count) are named")
        }
    }
}

/// The database of the commands that only read one: `--db PATH`, or the path alone.
struct NamedDatabase: ParsableArguments {
    @Option(
        name: .customLong("db"),
        help: ArgumentHelp("The database of a run; must be given once (default: none).", valueName: "PATH"),
        completion: .file(extensions: ["db"]))
    var paths: [String] = []

    @Argument(
        help: ArgumentHelp("The database, in place of --db.", valueName: "PATH"),
        completion: .file(extensions: ["db"]))
    var bare: [String] = []

    /// The database that was named.
    var path: String { (paths + bare)[0] }

    func validate() throws { try DatabaseOption.check(paths + bare) }
}
