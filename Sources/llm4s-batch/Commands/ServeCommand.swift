import ArgumentParser
import BatchStore
import Foundation

/// `serve`: a page that shows a batch and steers its run.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Shows a batch as a page in the browser, and steers its run.",
        discussion: """
            The page's URL is the first line on standard output; it is reached from this machine only. This process reads, \
            beside a run or without one, and hands commands to the run's worker as ctl does. /metrics is for Prometheus. It \
            ends with SIGINT. run --serve does the same within the run.
            """)

    @OptionGroup var database: DatabaseOption

    @Option(help: ArgumentHelp("Port at 127.0.0.1; 0 takes a free one.", valueName: "PORT"))
    var port = 0

    @Flag(help: "Open the page in the browser.")
    var open = false

    mutating func validate() throws { try FlagBounds.check("port", port, FlagBounds.ports) }

    func run() async throws {
        try OpenFileLimit.raise(streams: WatchSite.openFiles, isServer: false, option: "serving")
        do {
            try await BatchReader.open(database.path).close()
        } catch {
            // A newer program may still be at work on it; the page says so.
            guard case .newerSchema = error.kind else { throw error }
            Console.log(.warning, error.description)
        }
        let site = try await WatchSite.open(database.path, port: port)
        let (stopped, continuation) = AsyncStream.makeStream(of: Void.self)
        let signals = Signals { _ in continuation.finish() }
        Console.output(site.url)
        if open { Self.open(site.url) }
        for await _ in stopped {}
        await site.close()
        throw Exit(signals.exitStatus ?? .completed)
    }

    /// Opens the page with the system's own program for that.
    private static func open(_ url: String) {
        #if os(macOS)
            let program = "open"
        #else
            let program = "xdg-open"
        #endif
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program, url]
        process.standardInput = FileHandle.nullDevice
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        process.terminationHandler = { ended in
            if ended.terminationStatus != 0 {
                Console.log(.warning, "\(program) could not open the page; it is at \(url)")
            }
        }
        do { try process.run() } catch {
            Console.log(.warning, "\(program) could not be started; the page is at \(url)")
        }
    }
}
