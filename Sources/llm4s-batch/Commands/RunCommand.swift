import ArgumentParser
import BatchEngine
import BatchStore
import Foundation
import LLM4SBatch
import LLMStreaming
import SystemCalls

/// `run`: from job files to answers.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Reads jobs and runs the pending and interrupted ones of these files.",
        discussion: """
            Every line is checked before anything is sent. Run it again and it does only what is left. The first \
            SIGINT, SIGTERM or SIGHUP lets open streams finish within --drain-timeout, the second closes them at once; what \
            has come is stored either way. Durations are a number with ms, s, m or h; a bare number is seconds.
            """)

    @Argument(
        help: ArgumentHelp(
            "JSONL files, or batches as one document; with --template files of rows; - is standard input. Several files "
                + "need --db."),
        completion: .file(extensions: ["jsonl", "json", "csv", "tsv"]))
    var files: [String]

    @Option(
        help: ArgumentHelp(
            "The database, in whose name {shard} is the shard as 003-of-064 (default: the file's path with the ending "
                + ".db, or .003-of-064.db of a shard; llm4s-batch.db for standard input).",
            valueName: "PATH"), completion: .file(extensions: ["db"]))
    var db: String?

    @Option(
        help: ArgumentHelp("What to do where an id is stored with another request.", valueName: "POLICY"))
    var onChanged = BatchOptions.ChangedJobs.error

    @Option(
        help: ArgumentHelp(
            "- prints a line of results for each job of standard input once it is stored, those that were stored before "
                + "at once (default: none are printed).", valueName: "-"))
    var output: String?

    @Flag(help: "Do not ask before --on-changed replace deletes stored answers.")
    var yes = false

    @OptionGroup var input: InputOptions
    @OptionGroup var options: RunOptions

    func run() async throws {
        // Not in validate(): an option that does not exist would be told as a file more.
        guard files.count == 1 || db != nil else {
            throw Exit(.input, "several files need --db: which database shall hold them?")
        }
        if let output { try Self.check(output, files) }
        let environment = ProcessEnvironment.variables
        let config = try ConfigFile.load(path: input.providers.config, environment: environment)
        let batch = batchOptions
        try batch.check(config.catalog)
        try options.sharing.check(with: options.limits)
        if let fault = database.fault { throw Exit(.input, fault) }
        if options.sharing.shared != nil { CompactCommand.keepTemporaryFiles(beside: databasePath) }
        try await checkShard(batch)
        var reading = try batch.reading(config.catalog, environment)
        let prices = try options.limits.rates.priceTable(config.prices)
        let sources = files.map(InputSource.init(argument:))
        do { try reading.rows?.check(sources) } catch { throw Exit(.input, error.description) }
        let isReadOnce = sources.contains(where: \.isReadOnce)
        if isReadOnce, options.dryRun { throw Exit(.input, "--dry-run needs files that can be read twice") }
        if isReadOnce, batch.sampledRows != nil {
            throw Exit(.input, "--sample-rows needs files that can be read twice")
        }
        reading.isEstimating = options.dryRun
        let found = isReadOnce ? nil : try await check(sources, reading)
        let checked = found?.summary
        if isReadOnce { try await checkReadOnce() }
        let catalog = options.limits.rates.limiting(config.catalog)
        let models = checked.map { Array($0.jobsByModel.keys) } ?? []
        if let fault = batch.fault(of: models, prices, provider: { catalog[$0] }) { throw fault }
        let plan = try await RunPlan(
            checked?.jobsByProvider.keys.sorted(), model: reading.parser.defaults.model, options: batch,
            catalog: catalog, prices: prices, environment: environment)
        if options.dryRun, let checked, let stored = found?.stored {
            return try await tellDryRun(stored, checked, plan)
        }
        let intake = JobIntake(
            sources, reading, checked: checked, policy: batch.changedJobPolicy,
            fault: { plan.providers.fault($0, batch, prices) })
        let session = CommandSession(
            command: "run", options: options, plan: plan, path: databasePath, scope: .sources(sources.map(\.name))
        )
        .reading(intake)
        throw Exit(try await (output == nil ? session : session.printing(sources[0].name)).run())
    }

    /// Checks that `--output` can be had.
    private static func check(_ output: String, _ files: [String]) throws {
        guard output == "-" else {
            throw Exit(
                .input, "--output \(output): run prints to standard output only (-); results --output writes a file")
        }
        guard files.count == 1, InputSource(argument: files[0]).isReadOnce else {
            throw Exit(
                .input,
                "--output - goes with jobs from standard input alone: run - --output -; results prints those of files")
        }
        // What the database opens could else take its number.
        let flags = fcntl(STDOUT_FILENO, F_GETFL)
        guard flags >= 0, flags & O_ACCMODE != O_RDONLY else {
            throw Exit(.input, "--output -: standard output is not open for writing")
        }
    }

    /// What is asked of the run, as a program asks it.
    var batchOptions: BatchOptions {
        var batch = options.batchOptions
        input.add(to: &batch)
        batch.changedJobs = onChanged
        return batch
    }

    private var database: DatabaseName { DatabaseName(db, files: files, shard: input.shard) }

    private var databasePath: String { database.path }

    /// Refuses another part of the input than the one that the database holds, before anything is read or made.
    private func checkShard(_ batch: BatchOptions) async throws {
        // A file that cannot be opened is told after the faults of the input.
        guard let reader = try? await openStored() else { return }
        let fault = try await reader.shard().fault(batch.jobShard(), path: databasePath)
        await reader.close()
        if let fault { throw Exit(.input, fault) }
    }

    /// The first reading: all faults of all lines together, and nothing made or sent where there are any.
    ///
    /// The same reading compares the jobs with what is stored, if anything is: ids that are stored with another request
    /// are faults of the input too, and their answers are not deleted unasked.
    private func check(
        _ sources: [InputSource], _ reading: InputReading
    ) async throws -> (summary: InputSummary, stored: StoredCheck?) {
        // A file that cannot be opened is told after the faults of the input.
        let opened: Result<BatchReader?, any Error>
        do {
            opened = .success(onChanged != .keep || options.dryRun ? try await openStored() : nil)
        } catch {
            opened = .failure(error)
        }
        let reader = try? opened.get()
        var stored: StoredCheck?
        if reader != nil || options.dryRun {
            stored = StoredCheck(
                sources, policy: batchOptions.changedJobPolicy, isEstimating: reading.isEstimating, reader: reader,
                database: databasePath)
        }
        let summary: InputSummary
        do {
            let validator = InputValidator(sources, reading)
            if let begun = stored {
                let checked = try await validator.validate(into: begun) { try await $0.add($1) }
                summary = checked.summary
                stored = checked.result
            } else {
                summary = try validator.validate()
            }
        } catch let error as InputError {
            throw Exit(.input, error.description)
        }
        if !summary.report.isEmpty {
            Console.error(summary.report.description)
            if !input.skipInvalid {
                throw Exit(.input, "nothing was sent; mend these lines, or leave them out with --skip-invalid")
            }
        }
        _ = try opened.get()
        try await stored?.finish(summary)
        await reader?.close()
        if !options.dryRun, let stored {
            if let fault = stored.fault { throw Exit(.input, fault) }
            try confirm(stored.replacedAnswers)
        }
        return (summary, stored)
    }

    /// What a pipe will change cannot be told before.
    private func checkReadOnce() async throws {
        guard onChanged == .replace, !yes, let reader = try await openStored() else { return }
        let answers = try await reader.counts().completed
        await reader.close()
        guard answers > 0 else { return }
        throw Exit(
            .input,
            "--on-changed replace may delete any of the \(answers.counted("stored answer")) of "
                + "\(databasePath), and which is not known before standard input is read: give --yes, or another --db")
    }

    /// Asks whether that many stored answers may be deleted.
    private func confirm(_ answers: Int) throws {
        guard answers > 0, !yes else { return }
        let words = "--on-changed replace deletes \(answers.counted("stored answer")) of \(databasePath)"
        guard Console.isInputTerminal, Console.isErrorTerminal else {
            throw Exit(.input, "\(words): give --yes to do so, or another --db to keep them")
        }
        let question = TerminalText.wrapped("\(TerminalText.safe(words)); go on? [y/N]", width: Console.errorWidth)
        Console.errorText(question.joined(separator: "\n") + " ")
        guard ["y", "yes"].contains(readLine()?.lowercased()) else {
            throw Exit(.input, "nothing was deleted and nothing was sent; another --db keeps them")
        }
    }

    private func tellDryRun(_ stored: StoredCheck, _ checked: InputSummary, _ plan: RunPlan) async throws {
        if let fault = stored.fault { throw Exit(.input, fault) }
        var findings = [InputReport(summary: checked, files: files, shard: input.shard).text, stored.counts.text]
        let budgets = ShardBudgets(plan.options, shard: try plan.options.jobShard(), jobs: checked.shardJobs)
        if let text = BudgetReport(budgets).text { findings.append(text) }
        if stored.replacedAnswers > 0 {
            findings.append(
                "--on-changed replace deletes \(stored.replacedAnswers.counted("stored answer"))")
        }
        Console.report(try await plan.dryRunReport(findings: findings, work: stored.work, path: databasePath))
    }

    /// The database, where it is there and holds something to compare with.
    private func openStored() async throws -> BatchReader? {
        guard FileManager.default.fileExists(atPath: databasePath) else { return nil }
        do {
            return try await BatchReader.open(databasePath)
        } catch {
            // An empty file holds nothing yet, and an older one is brought up to date by the worker.
            if error.isNothingStored { return nil }
            throw error
        }
    }
}

extension StoreError {
    /// Whether the file is there but holds no jobs that could be compared.
    fileprivate var isNothingStored: Bool {
        switch kind {
        case .missing, .olderSchema: true
        default: false
        }
    }
}
