import Foundation
import Testing

/// What is no job file is refused in one sentence, before a database is made.
@Suite struct EndToEndInputFormTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// The files of the test's folder.
    private var files: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: directory.url.path).sorted() }
    }

    @Test(arguments: [".", "..", "./", "/", "folder", "folder/", "./folder/.", "folder/..", ""])
    func aFolderIsRefused(path: String) async throws {
        try FileManager.default.createDirectory(
            at: directory.url.appending(path: "folder"), withIntermediateDirectories: true)
        for command in [
            ["run", path], ["run", path, "--skip-invalid"], ["run", path, "--dry-run"], ["validate", path],
        ] {
            let ended = try await BatchProcess(command, directory: directory.url).ended()
            #expect(ended.status == 2, "\(command): \(ended)")
            #expect(ended.error.contains(path.isEmpty ? "No such file" : "folder"), "\(ended.error)")
        }
        #expect(try files == ["folder"])
    }

    @Test func aFolderAmongFilesIsRefused() async throws {
        let jobs = try directory.writeJobs([Answers.countingJob("a", to: 2)])
        let run = try await BatchProcess.run("run", jobs, ".", "--db", "all.db", directory: directory.url)
        #expect(run.status == 2, "\(run)")
        #expect(try files == ["jobs.jsonl"])
    }

    @Test(
        arguments: [
            ("\u{1}\u{2}\0\0", "binary"), ("PAR1\0", "Parquet"), ("[\n{\"id\":\"a\"},\n{\"id\":\"b\"}\n]\n", "array"),
            ("{\n \"id\": \"a\",\n \"prompt\": \"x\"\n}\n", "several lines"), ("id,prompt\n1,x\n2,y\n", "CSV"),
        ])
    func anotherFormIsToldInOneSentence(text: String, word: String) async throws {
        let file = try directory.write(text, to: "jobs.jsonl")
        for command in [["run", file], ["run", file, "--skip-invalid"], ["validate", file, "--skip-invalid"]] {
            let ended = try await BatchProcess(command, directory: directory.url).ended()
            #expect(ended.status == 2, "\(command): \(ended)")
            #expect(ended.error.contains(word), "\(ended.error)")
            #expect(ended.error.split(separator: "\n").count == 1, "\(ended.error)")
        }
        #expect(try files == ["jobs.jsonl"])
    }

    @Test func whatComesByAPipeIsToldToo() async throws {
        let run = try await BatchProcess.run(
            "run", "-", directory: directory.url, input: "[\n{\"id\":\"a\"},\n{\"id\":\"b\"}\n]\n")
        #expect(run.status == 2)
        #expect(run.error.contains("standard input is a JSON array"), "\(run.error)")
        #expect(run.error.split(separator: "\n").count == 1, "\(run.error)")
    }

    /// The database stands beside the file, with the ending `.db` in place of its own.
    @Test(arguments: [
        ("jobs.jsonl", "jobs.db"), ("jobs", "jobs.db"), (".jobs", ".jobs.db"), ("a.b.jsonl", "a.b.db"),
        ("./x.y/jobs", "x.y/jobs.db"), ("x.y/../jobs.", "jobs.db"), ("x.y/größe 東京.json", "x.y/größe 東京.db"),
    ])
    func theDatabaseIsBesideTheFile(path: String, database: String) async throws {
        try FileManager.default.createDirectory(
            at: directory.url.appending(path: "x.y"), withIntermediateDirectories: true)
        _ = try directory.writeJobs([Answers.countingJob("a", to: 2)], to: path)
        let run = try await BatchProcess.run("run", path, directory: directory.url)
        #expect(run.status == 0, "\(run)")
        #expect(FileManager.default.fileExists(atPath: directory.path(database)), "\(run)")
    }

    /// Editors of Windows put a byte order mark before the configuration, as before job lines.
    @Test func aByteOrderMarkIsNoFault() async throws {
        let jobs = try directory.writeJobs(["a", "b"].map { "\u{FEFF}" + Answers.countingJob($0, to: 2) + "\r" })
        let config = try directory.write("\u{FEFF}{\"options\": {\"concurrency\": 1}}\r\n", to: "config.json")
        let run = try await BatchProcess.run("run", jobs, "--config", config, directory: directory.url)
        #expect(run.status == 0, "\(run)")
    }
}
