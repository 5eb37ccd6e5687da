import ArgumentParser
import BatchEngine
import BatchStore
import LLMStreaming

/// `results`: ended jobs in the order of their input, in one of several forms.
struct ResultsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "results",
        abstract: "Prints ended jobs in the order of their input; failed ones with their error.",
        discussion: """
            openai-batch and anthropic-batch are the lines that the providers' own batch interfaces give, whatever \
            provider answered; csv has a row for each answer, text the contents alone. jobs writes a job file: the \
            failed ones, or those that the filters choose, under their ids, to be mended and run. Jobs that have not \
            ended, asked for with --status, come with the partial text that is kept of them. A job is printed where \
            every filter that is given lets it pass; one that is gone from its file (its line was taken out, and the \
            file run again) only with --include-gone. Of several databases each gives its own jobs, in the order in \
            which they are named, and then come those that more than one has, each once, as merge would keep it.

            Members of the metadata are columns of csv, behind ours; where ours has the name, as metadata.NAME. \
            --columns takes both names. Ours are \(ResultColumn.Name.allCases.map(\.rawValue).joined(separator: ", ")); \
            ttft_us and duration_us are microseconds, of a job without an answer those of its attempts; prompt is the prompt or the last user message, request all that \
            was asked. With --columns, jsonl has a line for each answer too.
            """)

    @OptionGroup var databases: NamedDatabases

    @Option(help: ArgumentHelp("The form of the output.", valueName: "FORM"))
    var format: ResultFormat = .jsonl

    @Option(
        help: ArgumentHelp(
            "Columns of csv, members of jsonl, in this order (default: csv all but prompt and request).",
            valueName: "A,B"))
    var columns: NamesArgument?

    @OptionGroup var filters: ResultFilterOptions

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "A file to write; it appears, in place of an older one, when it is whole (default: standard output).",
            valueName: "FILE"), completion: .file())
    var output: String?

    func validate() throws {
        guard let columns else { return }
        guard format.hasColumns else {
            throw ValidationError("--columns goes with --format csv and jsonl, not with \(format.rawValue)")
        }
        for (index, name) in columns.names.enumerated() where columns.names[..<index].contains(name) {
            throw ValidationError("--columns names '\(name)' twice")
        }
    }

    func run() async throws {
        let union = try await BatchUnion.opened(databases.paths)
        let filter = try await filters.filter(union, usual: format == .jobs ? [.failed] : [.completed, .failed])
        let table = try await table(filter, union)
        // Before there is a file to clear away; where there will be none a signal has its default.
        let signals = ResultSink.isReplaced(path: output) ? Signals { _ in } : nil
        let sink = try ResultSink(path: output, databases: union.members.map(\.path))
        do { try await write(filter, table, to: sink, from: union, until: signals) } catch {
            sink.abandon()
            throw error
        }
        try await tellGone(filter, union)
        await union.close()
    }

    /// The columns that are asked for; nil where the form has none.
    private func table(_ filter: ResultFilter, _ union: BatchUnion) async throws -> ResultTable? {
        guard let names = columns?.names else {
            guard format == .csv else { return nil }
            var members = MetadataMembers()
            try await union.forEachPart { reader, _ in try await members.read(from: reader, filter: filter) }
            if members.isMore {
                Console.log(
                    .warning,
                    "the metadata has more than \(MetadataMembers.maximum) members: those beyond are in the column metadata only"
                )
            }
            return ResultTable(columns: ResultColumn.usual(metadata: members.names))
        }
        let foreign = names.filter { ResultColumn.Name(rawValue: $0) == nil }
        var members = MetadataMembers(wanted: Set(foreign.map(ResultColumn.member)))
        if !foreign.isEmpty {
            // Of all jobs: what is no column must not depend on which ones have failed.
            let all = ResultFilter(statuses: Set(JobStatus.allCases))
            try await union.forEachPart { reader, _ in try await members.read(from: reader, filter: all) }
        }
        return ResultTable(
            columns: try names.map { name in
                if let column = ResultColumn(name, isMember: members.contains) { return column }
                throw Exit(.input, ResultColumn.unknown(name, members: members.names))
            })
    }

    private func write(
        _ filter: ResultFilter, _ table: ResultTable?, to sink: ResultSink, from union: BatchUnion,
        until signals: Signals?
    ) async throws {
        if format == .csv, let table { try sink.write(table.head(isForTerminal: sink.isTerminal)) }
        let withRequests = format == .jobs || table?.needsRequests == true
        try await union.forEachPart { reader, alone in
            var cursor: ResultPage.Cursor?
            repeat {
                let page = try await reader.results(after: cursor, filter: filter, withRequests: withRequests)
                let results = try await alone(page.results)
                try sink.write(try await text(results, table, isForTerminal: sink.isTerminal, from: reader))
                cursor = page.next
                if let status = signals?.exitStatus { throw Exit(status) }
            } while cursor != nil
        }
        try sink.finish()
    }

    private func text(
        _ results: [JobResult], _ table: ResultTable?, isForTerminal: Bool, from reader: BatchReader
    ) async throws -> String {
        var text = ""
        for result in results {
            let partial = format == .jobs ? nil : try await reader.partial(of: result.job)
            do throws(LLMError) {
                text += try format.text(result, partial: partial, table: table, isForTerminal: isForTerminal)
            } catch {
                throw Exit(.input, error.message)
            }
        }
        return text
    }

    /// Says what is not in the output though it may be expected there.
    private func tellGone(_ filter: ResultFilter, _ union: BatchUnion) async throws {
        guard !filter.includesGone else { return }
        var gone = 0
        try await union.sum {
            try await $0.goneCount(passing: filter)
        } _: {
            gone += $0 * $1
        }
        guard gone > 0 else { return }
        let words =
            gone == 1 ? "1 job that is gone from its file is" : "\(gone.grouped) jobs that are gone from their file are"
        Console.log(.info, "\(words) left out; --include-gone writes \(gone == 1 ? "it" : "them") too")
    }
}

/// Names as they are typed: `id,content`.
struct NamesArgument: ExpressibleByArgument {
    var names: [String]

    init?(argument: String) {
        names = argument.split(separator: ",", omittingEmptySubsequences: false).map { name in
            String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }
}
