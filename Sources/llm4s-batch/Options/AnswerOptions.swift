import ArgumentParser
import BatchEngine
import Foundation
import LLM4SBatch
import LLMStreaming

/// What says which answers are right, and what follows others: for `run`, `resume` and `retry` alike (Contract, "Checked
/// answers").
struct AnswerOptions: ParsableArguments {
    @OptionGroup var check: CheckOption

    @Option(
        help: ArgumentHelp(
            "Program that says which answers are right, as a command of the shell: it reads a line of JSON an answer and "
                + "writes one for each (default: none).", valueName: "CMD"))
    var checkCommand: String?

    @Option(help: ArgumentHelp("Time that the check program has for an answer (default: 60s).", valueName: "DURATION"))
    var checkTimeout: DurationArgument?

    @Option(
        help: ArgumentHelp(
            "What follows an answer that its check rejects: again sends the request once more, ask sends it with that "
                + "answer and its faults, keep takes it and marks it, fail fails the job (default: again).",
            valueName: "WAY"))
    var onInvalid: BatchOptions.OnInvalid?

    @Option(
        help: ArgumentHelp("Answers of a job in all, right and wrong, at most (default: 3).", valueName: "N"))
    var maxAnswers: Int?

    @Option(
        help: ArgumentHelp(
            "What follows an answer that is cut at its bound of tokens: keep leaves it, more asks once more with twice the "
                + "tokens (default: keep).", valueName: "WAY"))
    var onLength: BatchOptions.OnLength?

    @Option(
        help: ArgumentHelp(
            "What follows one piece over and over in an answer: mark tells of it, stop closes the stream and asks again, "
                + "warmer (default: mark).", valueName: "WAY"))
    var loops: BatchOptions.OnLoop?

    @Flag(
        inversion: .prefixedNo, exclusivity: .chooseLast,
        help: ArgumentHelp(
            "Of jobs with the same request send one, and give the others its answer; those completed earlier count "
                + "(default: each is sent)."))
    var dedupe: Bool?

    mutating func validate() throws {
        try FlagBounds.check("max-answers", maxAnswers, BatchOptions.answersOfAJob)
        if checkCommand?.allSatisfy(\.isWhitespace) == true { throw ValidationError("--check-command is empty") }
        if let checkTimeout, checkTimeout.duration <= .zero {
            throw ValidationError("--check-timeout must be longer than zero")
        }
    }

    /// Enters them into the options of a run.
    func add(to batch: inout BatchOptions) {
        check.add(to: &batch)
        batch.checkCommand = checkCommand == "none" ? nil : checkCommand
        if let checkTimeout { batch.checkTimeout = checkTimeout.duration }
        if let onInvalid { batch.onInvalid = onInvalid }
        if let maxAnswers { batch.maximumAnswers = maxAnswers }
        if let onLength { batch.onLength = onLength }
        if let loops { batch.loops = loops }
        if let dedupe { batch.dedupes = dedupe }
    }

    /// Takes over what an earlier run's options say, where nothing is given now.
    ///
    /// - Returns: the names of those that were taken over, each with its value.
    /// - Throws: where that run had a check program: a command is not run because a file names it.
    mutating func remember(_ stored: JSONObject) throws -> [(name: String, value: String)] {
        if checkCommand == nil, let command = stored["check-command"]?.string {
            throw Exit(
                .input,
                "the run before had its answers judged by --check-command \(command.quotedName); a database's word "
                    + "starts no program: give it again, or --check-command none")
        }
        var taken: [(name: String, value: String)] = []
        func word<Choice: RawRepresentable<String>>(_ name: String, _ given: inout Choice?) {
            guard given == nil, let word = stored[name]?.string, let choice = Choice(rawValue: word) else { return }
            given = choice
            taken.append((name, word))
        }
        if check.value == nil, let known = stored["check"], !known.isNull {
            check.value = known
            taken.append(("check", known.text))
        }
        if checkCommand != nil, checkTimeout == nil, let text = stored["check-timeout"]?.string,
            let time = DurationArgument(argument: text), time.duration > .zero
        {
            checkTimeout = time
            taken.append(("check-timeout", text))
        }
        word("on-invalid", &onInvalid)
        word("on-length", &onLength)
        word("loops", &loops)
        if dedupe == nil, stored["dedupe"] == true {
            dedupe = true
            taken.append(("dedupe", "(not with --no-dedupe)"))
        }
        if maxAnswers == nil, let count = stored["max-answers"]?.int, BatchOptions.answersOfAJob.contains(count) {
            maxAnswers = count
            taken.append(("max-answers", "\(count)"))
        }
        return taken
    }
}

/// `--check`, which `validate` has too.
struct CheckOption: ParsableArguments {
    @Option(
        name: .customLong("check"),
        help: ArgumentHelp(
            "JSON file that says what a right answer is, as the member check of a job line does, for lines that do not "
                + "say (default: any answer is right).", valueName: "FILE"),
        completion: .file(extensions: ["json"]), transform: read)
    var value: JSON?

    private static func read(_ path: String) throws -> JSON {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw ValidationError("the file cannot be read")
        }
        do throws(JSONParser.Failure) {
            return try JSONParser.parse([UInt8](bytes))
        } catch {
            throw ValidationError("it is not JSON: \(error)")
        }
    }

    /// Enters it into the options of a run.
    func add(to batch: inout BatchOptions) { batch.check = value }
}
