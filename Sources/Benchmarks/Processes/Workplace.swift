import ArgumentParser
import Foundation

/// What the goals are measured with: the program under test, the other clients, a folder for their files.
struct Workplace {
    /// The program under test.
    let binary: String
    /// A folder that is removed at the end.
    let scratch: ScratchFolder
    /// The C reader; nil where there is no C compiler.
    private let reader: String?
    /// An interpreter with aiohttp, orjson and openai; nil where they are not wanted or cannot be installed.
    private let python: String?

    /// The checkout that this program was built from.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let comparison = root.appending(path: "Sources/Benchmarks/comparison")

    /// Prepares everything.
    ///
    /// - Parameters:
    ///   - binary: the program under test; nil for the one beside this program.
    ///   - wantsPython: whether the Python clients take part.
    init(binary: String?, wantsPython: Bool) throws {
        self.binary = try binary ?? Self.builtBinary()
        scratch = try ScratchFolder()
        reader = Self.compiledReader(into: scratch)
        python = wantsPython ? Self.interpreter() : nil
    }

    func remove() { scratch.remove() }

    /// Whether the Python clients can be measured.
    var hasPython: Bool { python != nil }

    /// Measures the C reader; nil where there is none.
    func measureReader(_ load: Load, from source: Source) -> Figures? {
        reader.flatMap { Self.measure([$0], load, from: source) }
    }

    /// Measures aiohttp with orjson; nil where there is no Python for it.
    func measureAiohttp(_ load: Load, from source: Source) -> Figures? {
        python.flatMap { Self.measure([$0, Self.script("aiohttp_reader.py")], load, from: source) }
    }

    /// Measures openai-python; nil where there is no Python for it.
    func measureOpenAI(_ load: Load, from source: Source) -> Figures? {
        python.flatMap { Self.measure([$0, Self.script("openai_reader.py")], load, from: source) }
    }

    private static func measure(_ program: [String], _ load: Load, from source: Source) -> Figures? {
        let arguments = [
            source.port, "\(load.streams)", load.model, "\(load.settleSeconds)", "\(load.windowSeconds)",
            "\(load.promptBytes)",
        ]
        return Child.output(program + arguments, core: 0, limit: 180).flatMap(Figures.init)
    }

    private static func script(_ name: String) -> String { comparison.appending(path: name).path }

    private static func builtBinary() throws -> String {
        let own = URL(filePath: Child.ownProgram).resolvingSymlinksInPath()
        let binary = own.deletingLastPathComponent().appending(path: "llm4s-batch").path
        if FileManager.default.isExecutableFile(atPath: binary) { return binary }
        throw ValidationError("\(binary) is missing; build it with: swift build -c release")
    }

    private static func compiledReader(into scratch: ScratchFolder) -> String? {
        let reader = scratch.path("reader")
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
