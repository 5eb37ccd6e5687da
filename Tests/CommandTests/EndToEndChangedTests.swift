import Foundation
import Testing

/// The same ids with other requests: what is said, and that no answer is deleted unasked.
@Suite(.serialized)
struct EndToEndChangedTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    /// So many jobs that name no model, one of them with other words; run with a model.
    private func file(_ count: Int, other: String = "p") throws -> String {
        try directory.writeJobs(
            (1...count).map { #"{"id":"j\#($0)","prompt":"\#($0 == 1 ? other : "p") \#($0)"}"# })
    }

    @Test func anotherModelIsToldOnceAndAnotherDatabaseIsAdvised() async throws {
        let file = try file(120)
        #expect(try await BatchProcess.run("run", file, "--model", "mock/count-3").status == 0)
        let refused = try await BatchProcess.run("run", file, "--model", "mock/count-4")
        #expect(refused.status == 2, "\(refused.error)")
        #expect(refused.error.split(separator: "\n").count == 2, "\(refused.error)")
        for words in [
            "120 jobs, 'j1' (\(file):1) first, are stored in \(database) for mock/count-3 and would now ask mock/count-4",
            "nothing but the model differs", "give another --db", "replace deletes 120 stored answers",
        ] {
            #expect(refused.error.contains(words), "\(words): \(refused.error)")
        }
        #expect(try SQLite.number(database, "SELECT count(*) FROM completions") == 120)
    }

    @Test func otherWordsAreToldJobByJob() async throws {
        #expect(try await BatchProcess.run("run", try file(3), "--model", "mock/count-3").status == 0)
        let refused = try await BatchProcess.run("run", try file(3, other: "q"), "--model", "mock/count-4")
        #expect(refused.status == 2)
        #expect(refused.error.contains(":1: job 'j1' is stored with another request (from "), "\(refused.error)")
        #expect(refused.error.contains("2 jobs, 'j2' ("), "\(refused.error)")
        // A pipe is read once: the same words end its intake.
        let text = try String(contentsOfFile: try file(3), encoding: .utf8)
        let piped = try await BatchProcess.run(
            "run", "-", "--db", database, "--model", "mock/count-4", input: text)
        #expect(piped.status == 2 && piped.error.contains("nothing but the model differs"), "\(piped.error)")
    }

    @Test func noAnswerIsDeletedUnasked() async throws {
        let file = try file(3)
        #expect(try await BatchProcess.run("run", file, "--model", "mock/count-3").status == 0)
        let replace = ["run", file, "--model", "mock/count-4", "--on-changed", "replace"]
        let refused = try await BatchProcess(replace).ended()
        #expect(refused.status == 2, "\(refused.error)")
        #expect(refused.error.contains("deletes 3 stored answers of \(database): give --yes"), "\(refused.error)")
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let piped = ["run", "-", "--db", database, "--model", "mock/count-4", "--on-changed", "replace"]
        let unread = try await BatchProcess(piped, input: text).ended()
        #expect(unread.status == 2 && unread.error.contains("give --yes"), "\(unread.error)")
        let contents = "SELECT DISTINCT content FROM completions"
        #expect(try SQLite.rows(database, contents) == ["1 2 3"])
        #expect(try await BatchProcess(piped + ["--yes"], input: text).ended().status == 0)
        #expect(try SQLite.rows(database, contents) == ["1 2 3 4"])
    }

    /// A failed job has no answer to lose.
    @Test func whereNoAnswerIsStoredNothingIsAsked() async throws {
        let file = try file(1)
        #expect(try await BatchProcess.run("run", file, "--model", "mock/status=400").status == 1)
        let replaced = try await BatchProcess.run(
            "run", file, "--model", "mock/count-4", "--on-changed", "replace")
        #expect(replaced.status == 0, "\(replaced.error)")
    }

    /// On a terminal the user answers; no answer is no.
    @Test(
        .enabled(if: PseudoTerminal.isAvailable, "util-linux's script makes the terminal"),
        arguments: [("y", 0, "1 2 3 4"), ("", 2, "1 2 3")])
    func aTerminalIsAsked(answer: String, status: Int32, content: String) async throws {
        let file = try file(1)
        #expect(try await BatchProcess.run("run", file, "--model", "mock/count-3").status == 0)
        let arguments = ["run", file, "--model", "mock/count-4", "--on-changed", "replace"]
        let ended = try await PseudoTerminal.run(arguments, typed: answer + "\n")
        #expect(ended.output.contains("deletes 1 stored answer of"), "\(ended.output)")
        #expect(ended.status == status, "\(ended.output)")
        #expect(try SQLite.rows(database, "SELECT content FROM completions") == [content])
    }
}
