import ArgumentParser
import BatchEngine
import BatchStore
import LLMStreaming

/// `merge`: makes one database of several.
struct MergeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Makes one database of several that did parts of the same work.",
        discussion: """
            OUT is made, or added to where it is there; each IN is taken whole, in one transaction, or not at all. It is \
            held under its lock meanwhile, and stays as it is; what a dead worker left in it is put in order first. What \
            was taken before is recognised: merging again, or in another order, gives the same.

            Of a job that several have, completed goes before failed, failed before partial, partial before new; of two \
            answers the earlier is kept, of two partial texts the longer. All attempts are kept with their chunks, \
            since they were paid. An id that stands for two requests ends the merge with status 2.

            IN may be a folder in which runs with --shared have published parts: each part is taken as a database is. One \
            that is cut short is passed over, and said.

            It takes free space in OUT's folder of about twice the largest IN, beside what OUT grows by.
            """)

    @Argument(
        help: ArgumentHelp("The database that all others are taken into.", valueName: "OUT"),
        completion: .file(extensions: ["db"]))
    var target: String

    @Argument(
        help: ArgumentHelp("The databases that are taken, and folders of parts.", valueName: "IN"),
        completion: .file(extensions: ["db"]))
    var sources: [String]

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        CompactCommand.keepTemporaryFiles(beside: target)
        let (files, folders) = try MergedFolder.apart(sources)
        let inputs: MergeInputs
        do { inputs = try await MergeInputs(files, into: target) } catch let fault as MergeInputs.Fault {
            throw Exit(.input, fault.description)
        }
        let database = try await BatchDatabase.open(target, options: Self.options)
        do {
            for (count, path) in inputs.paths.enumerated() {
                do { try await take(path, into: database) } catch {
                    tellWhatIsLeft(inputs.paths, from: count, database.path)
                    throw error
                }
                if inputs.paths.count > 1 { Console.log(.info, "\(count + 1) of \(inputs.paths.count): \(path)") }
            }
            var parts = 0
            for folder in folders { parts += try await folder.merge(into: database) }
            let report = MergeReport(
                databases: inputs.paths.count, parts: folders.isEmpty ? nil : parts,
                counts: try await database.reader.counts(), repeated: try await database.repeatedAnswers())
            try await database.close()
            if json { Console.output(report.json) } else { Console.output(report.text) }
        } catch {
            try? await database.close()
            throw error
        }
    }

    private func take(_ path: String, into database: BatchDatabase) async throws {
        guard case .conflict(let conflict) = try await database.merge(path) else { return }
        throw Exit(.input, conflict.words(in: path, than: database.path) + "; nothing of \(path) was taken")
    }

    private func tellWhatIsLeft(_ paths: [String], from count: Int, _ path: String) {
        guard count > 0 else { return }
        Console.log(
            .warning, "\(count) of \(paths.count.counted("database")) \(count == 1 ? "is" : "are") merged into \(path)")
    }

    private static var options: StoreOptions {
        var options = StoreOptions()
        options.warn = { Console.log(.warning, $0) }
        // One transaction a database, however large: nobody is to be blamed for it.
        options.logWarningBytes = .max
        let catalog = ProviderCatalog()
        options.echoingProviders = Set(catalog.names.filter { catalog[$0]?.echoesPrefix == true })
        return options
    }
}

extension MergeConflict {
    /// Which job it is, and in which two databases.
    func words(in source: String, than target: String) -> String {
        let others = count - 1
        return "job \(customID.quotedName) is another request in \(source) (\(other.words)) than in \(target) "
            + "(\(stored.words))"
            + (others > 0 ? ", and so \(others == 1 ? "is" : "are") \(others.counted("other"))" : "")
    }
}

extension MergeConflict.Place {
    fileprivate var words: String { source + (line.map { ":\($0)" } ?? ", no longer in it") }
}

/// What `merge` prints, and `status` of several databases first.
struct MergeReport {
    /// How many there are.
    var databases: Int
    /// How many parts of shared folders there are beside them; nil where no folder was named.
    var parts: Int?
    /// Of the merged one.
    var counts: JobCounts
    var repeated: RepeatedAnswers

    /// The jobs that can still be run.
    private var left: Int { counts.pending + counts.interrupted + counts.running }

    var json: JSON {
        var members: [(String, JSON)] = [("databases", .int(databases))]
        if let parts { members.append(("parts", .int(parts))) }
        return JSON.object(JSONObject((members + figures).map { JSONObject.Member(key: $0.0, value: $0.1) }))
    }

    private var figures: [(String, JSON)] {
        [
            ("jobs", .int(counts.total)), ("completed", .int(counts.completed)), ("failed", .int(counts.failed)),
            ("cancelled", .int(counts.cancelled)), ("left", .int(left)), ("answers_made_twice", .int(repeated.count)),
            ("tokens_made_twice", .int(repeated.tokens)),
        ]
    }

    /// One line.
    var text: String {
        var parts = [
            counts.total.counted("job"), "\(counts.completed.grouped) completed", "\(counts.failed.grouped) failed",
        ]
        if counts.cancelled > 0 { parts.append("\(counts.cancelled.grouped) cancelled") }
        if left > 0 { parts.append("\(left.grouped) left") }
        let sources = [
            self.parts == nil || databases > 0 ? databases.counted("database") : nil, self.parts?.counted("part"),
        ]
        var text = "\(sources.compactMap(\.self).joined(separator: ", ")): \(parts.joined(separator: ", "))"
        if repeated.count > 0 {
            text +=
                " · \(repeated.count.counted("answer")) made twice (\(repeated.tokens.counted("token"))),"
                + " the earlier kept"
        }
        return text
    }
}
