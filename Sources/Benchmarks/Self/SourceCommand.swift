import ArgumentParser
import CLoadSource
import Foundation
import SystemCalls

/// `source`: the lean source of load, until a signal ends it.
struct SourceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "source",
        abstract: "Serves load on loopback: one lean thread, streams of equal events.",
        discussion: """
            Prints its base URL on standard output. It serves chat completions of models such as \
            bulk=200+packet=1+chunk=1+pace=50ms+ttft=1s+stamp, in the words of llm4s-batch mock.
            """)

    @Option(help: ArgumentHelp("Port to listen at; 0 takes a free one.", valueName: "N"))
    var port = 0

    mutating func validate() throws { try checkOption("port", port, in: 0...65_535) }

    func run() throws {
        // The benchmark that starts it ignores these signals, which children inherit.
        for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
        _ = cloadsource_raise_open_files()
        var port = Int32(port)
        let listener = unsafe cloadsource_listen(&port)
        guard listener >= 0 else { throw failure("port \(self.port) cannot be listened at") }
        Report.result("http://127.0.0.1:\(port)/v1")
        _ = cloadsource_serve(listener)
        throw failure("the source of load failed")
    }

    private func failure(_ what: String) -> ValidationError {
        ValidationError("\(what): \(SystemError.newest)")
    }
}
