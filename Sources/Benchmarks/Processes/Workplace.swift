import ArgumentParser
import Foundation

/// What the measurements run: the program under test, the other clients, a folder for what they write.
struct Workplace {
    /// The program under test.
    let binary: String
    /// The C reader; nil where there is no C compiler.
    let reader: String?
    /// An interpreter with aiohttp, orjson and openai; nil where they are not wanted or cannot be installed.
    let python: String?
    /// A folder that is removed at the end.
    let scratch: URL

    /// The checkout that this program was built from.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let comparison = root.appending(path: "Sources/Benchmarks/comparison")

    /// Makes everything ready.
    ///
    /// - Parameters:
    ///   - binary: the program under test; nil for the one beside this program, which is built where it is missing.
    ///   - wantsPython: whether the Python clients take part.
    init(binary: String?, wantsPython: Bool) throws {
        scratch = URL.temporaryDirectory.appending(path: "llm4s-benchmarks-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        self.binary = try binary ?? Self.builtBinary()
        reader = Self.compiledReader(into: scratch)
        python = wantsPython ? Self.interpreter() : nil
    }

    func remove() { try? FileManager.default.removeItem(at: scratch) }

    /// A script of the comparison.
    static func script(_ name: String) -> String { comparison.appending(path: name).path }

    private static func builtBinary() throws -> String {
        let own = URL(filePath: Bundle.main.executablePath ?? CommandLine.arguments[0]).resolvingSymlinksInPath()
        let binary = own.deletingLastPathComponent().appending(path: "llm4s-batch").path
        if FileManager.default.isExecutableFile(atPath: binary) { return binary }
        throw ValidationError("\(binary) is missing; build it with: swift build -c release")
    }

    private static func compiledReader(into scratch: URL) -> String? {
        let reader = scratch.appending(path: "reader").path
        let source = comparison.appending(path: "reader.c").path
        if Child.output(["/usr/bin/env", "cc", "-O2", "-o", reader, source]) != nil { return reader }
        Report.note("skipped: the C reader cannot be compiled (cc)")
        return nil
    }

    private static func interpreter() -> String? {
        let environment = ProcessInfo.processInfo.environment
        let cache = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "/tmp")/.cache"
        let folder = "\(cache)/llm4s-batch/comparison"
        let python = "\(folder)/bin/python"
        let check = [python, "-c", "import aiohttp, orjson, openai"]
        if Child.output(check, isQuiet: true) != nil { return python }
        Report.note("installing aiohttp, orjson and openai into \(folder) …")
        if Child.output(["/usr/bin/env", "python3", "-m", "venv", folder], isQuiet: true) != nil,
            Child.output(
                [python, "-m", "pip", "install", "--quiet", "--timeout", "20", "aiohttp", "orjson", "openai"],
                isQuiet: true) != nil,
            Child.output(check, isQuiet: true) != nil
        {
            return python
        }
        Report.note("skipped: the Python clients, since aiohttp, orjson and openai cannot be installed")
        return nil
    }
}
