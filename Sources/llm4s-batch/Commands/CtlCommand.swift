import ArgumentParser
import BatchEngine
import LLM4SBatch
import LLMStreaming

extension ControlCommand.Name: ExpressibleByArgument {}

/// `ctl`: tells the run that works on a database what it is to do now.
struct CtlCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ctl",
        abstract: "Tells the run that works on a database what it is to do now.",
        discussion: """
            pause sends nothing more, open streams go on; continue ends that. drain ends the run as the first SIGINT does, with \
            status 4 where work is left. concurrency N or auto, rpm N, rpm PROVIDER=N, tpm alike (or none) and max-cost USD (or \
            none) change what the options of these names have set. cancel ID... closes the streams of jobs and leaves them cancelled, \
            now ID... sends jobs next, status shows how the run stands.

            It returns once nothing more is sent against it, and tells how many open streams go on beyond it. Status 2: the run \
            cannot do that, and is as it was; 3: no run is under way.
            """)

    @OptionGroup var database: DatabaseOption

    @Flag(help: "The next resume or retry takes it over too: concurrency, rpm, tpm and max-cost.")
    var keep = false

    @Flag(help: "Print the run's answer as one JSON object.")
    var json = false

    @Argument(help: "What the run is to do.")
    var command: ControlCommand.Name

    @Argument(
        help: ArgumentHelp(
            "A number, auto, PROVIDER=N, USD or none; of cancel and now the ids of jobs.", valueName: "VALUE"))
    var values: [String] = []

    func run() async throws {
        do {
            let request = try ControlRequest(ControlCommand(command, values), isKept: keep)
            let answer = try await ControlClient(database: database.path).send(request)
            if json { return Console.output(answer) }
            Console.output(TerminalText.line(answer["message"]?.string ?? "", limit: 10_000))
        } catch let fault as ControlFault {
            throw Exit(fault.kind == .usage ? .input : .database, TerminalText.line(fault.message, limit: 2_000))
        }
    }
}
