import Foundation
import Testing

/// Standard input whose writer pauses, and never ends.
struct EndToEndPipeTests {
    @Test(arguments: [SIGINT, SIGTERM])
    func whatHasComeIsRunAndASignalEndsTheRunThoughThePipeIsOpen(signal: Int32) async throws {
        let directory = try TemporaryDirectory()
        let pipe = directory.path("pipe")
        #expect(try await ChildProcess.run("mkfifo", pipe).status == 0)
        // Open for both: neither end waits for the other, and there is always a writer.
        let writer = try #require(FileHandle(forUpdatingAtPath: pipe))
        let database = directory.path("jobs.db")
        // The second time something is stored already: the input is not waited for either.
        for id in ["a", "b"] {
            let process = try BatchProcess(
                ["run", "-", "--db", database],
                launcher: ["/bin/sh", "-c", #"pipe=$1; shift; exec "$@" < "$pipe""#, "-", pipe])
            try writer.write(contentsOf: Data((Answers.countingJob(id, to: 5) + "\n").utf8))
            try await process.wait {
                SQLite.currentNumber(
                    database, "SELECT count(*) FROM jobs WHERE custom_id = '\(id)' AND status = 'completed'") == 1
            }
            #expect(process.isRunning, "the pipe is open: \(process.errorSoFar)")
            process.send(signal)
            let ended = await process.ended()
            #expect(ended.status == 128 + signal, "\(ended.status): \(ended.error)")
        }
        #expect(try SQLite.number(database, "SELECT count(*) FROM jobs WHERE status = 'completed'") == 2)
        try writer.close()
    }
}
