import ArgumentParser
import Testing

@testable import llm4s_batch

/// Every option of every command that is no choice of words, at the ends of every range: refused or taken, never a trap.
struct FlagEndTests {
    private static let numbers = [
        "0", "-9223372036854775808", "9223372036854775807", "inf", "5e-324", "1e308", "99999999999999999999h",
    ]

    /// `resume`, `retry` and `validate` have the options of `run`.
    @Test(arguments: [["run", "a.jsonl"], ["bench", "--model=m"], ["mock"]])
    func noNumberStopsTheProcess(command: [String]) async throws {
        let type = try #require(
            Program.configuration.subcommands.first { $0._commandName == command[0] })
        let options = OptionDescription.all(of: type).filter { !$0.isFlag && $0.words == nil }
        try #require(!options.isEmpty)
        for option in options {
            let prefix = ["concurrency-per-provider": "openai=", "slo": "ttft="][option.name] ?? ""
            let unit = option.name == "slo" ? "s" : ""
            for number in Self.numbers {
                let words = command + ["--\(option.name)=\(prefix)\(number)\(unit)"]
                try await FuzzEdge.configuration.take(Array(words.joined(separator: "\n").utf8))
            }
        }
    }

    @Test(arguments: [
        ("max-line-bytes", "9223372036854775807"), ("max-event-bytes", "9223372036854775807"), ("max-cost", "inf"),
        ("max-cost", "1e308"), ("max-attempts", "9223372036854775807"), ("rpm", "9223372036854775807"),
        ("concurrency", "9223372036854775807"), ("max-jobs", "-1"), ("max-tokens-total", "1000000000001"),
    ])
    func whatNobodyMeansIsRefused(option: String, value: String) {
        #expect(throws: (any Error).self) { try Program.parseAsRoot(["run", "a.jsonl", "--\(option)=\(value)"]) }
    }

    @Test(arguments: [
        ("rate", "5e-324"), ("rate", "inf"), ("input-tokens", "9223372036854775807"),
        ("requests", "9223372036854775807"), ("warmup", "-1"), ("concurrency", "1,9223372036854775807"),
    ])
    func aLoadThatNobodyCanMakeIsRefused(option: String, value: String) {
        #expect(throws: (any Error).self) {
            try Program.parseAsRoot(["bench", "--model=m", "--\(option)=\(value)"])
        }
    }
}
