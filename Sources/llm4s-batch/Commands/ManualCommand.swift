import ArgumentParser
import LLMStreaming

/// `man`: the manual page.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "man",
        abstract: "Prints the manual page in roff.",
        discussion: """
            To read it: llm4s-batch man | man -l -. To install it: llm4s-batch man > /usr/local/share/man/man1/llm4s-batch.1. Completions of the shell are \
            printed by llm4s-batch --generate-completion-script bash (or zsh, fish).
            """)

    func run() throws {
        Console.output(ManualPage(help: try JSONParser.parse(Program._dumpHelp())).text)
    }
}
