import Foundation
import MockProvider
import SystemCalls
import Testing

/// The socket over which `ctl` reaches a worker: where it is, who may use it, and what it stands (Contract, "Control").
@Suite(.serialized, .timeLimit(.minutes(10)))
struct EndToEndControlSocketTests {
    private static func jobs(_ count: Int) -> [String] { (1...count).map { Answers.countingJob("j\($0)", to: 2_000) } }

    /// A run with two streams that are held.
    private static func heldRun(
        database: String = "jobs.db", environment: [String: String] = [:]
    ) async throws -> ControlledRunProcess {
        let run = try await ControlledRunProcess(
            jobs(6), ["--concurrency", "2"], heldAfter: 8_000, database: database, environment: environment)
        try await run.untilStreaming(2)
        return run
    }

    /// Ends it, and looks whether all is as without whoever disturbed it.
    private static func finish(_ run: ControlledRunProcess) async throws {
        run.server.hold(afterBodyBytes: nil)
        let ended = await run.ended()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(run.server.statistics.requests == 6)
        try Answers.expectWhole(run.database, jobs: 6)
    }

    @Test func itIsBesideTheDatabaseForItsOwnerAloneAndGoesWithTheRun() async throws {
        let run = try await Self.heldRun()
        let mode = try #require(ControlledRunProcess.mode(run.socket))
        #expect(mode & S_IFMT == S_IFSOCK && mode & 0o777 == 0o600, "\(String(mode, radix: 8))")
        // Through a link to the database it is the same one.
        let link = run.directory.path("link.db")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: run.database)
        #expect(try await BatchProcess.run("ctl", "--db", link, "status").status == 0)
        try await Self.finish(run)
        #expect(ControlledRunProcess.mode(run.socket) == nil)
    }

    @Test func whatAKilledWorkerLeavesIsReplacedByTheNext() async throws {
        let run = try await Self.heldRun()
        run.process.send(SIGKILL)
        _ = await run.process.ended()
        #expect(ControlledRunProcess.mode(run.socket) != nil, "a dead worker takes nothing away")
        let over = try await run.ctl("status")
        #expect(over.status == 3 && over.error.contains("no run is under way"), "\(over.error)")
        run.server.hold(afterBodyBytes: run.server.statistics.bodyBytesWritten + 4_000)
        let next = try BatchProcess(["resume", "--db", run.database, "--base-url", run.server.baseURL])
        try await next.wait { run.server.statistics.activeStreams > 0 }
        #expect(try await run.tell("status").hasPrefix("running"))
        run.server.hold(afterBodyBytes: nil)
        #expect(await next.ended().status == 0)
        #expect(ControlledRunProcess.mode(run.socket) == nil)
        try Answers.expectWhole(run.database, jobs: 6)
        await run.server.stop()
    }

    /// Killed in the midst of commands, again and again: what was answered is stored, and the next run can be told things.
    @Test func aWorkerThatIsKilledWhileItIsToldThingsLosesNothing() async throws {
        let server = try await MockServer.start()
        let directory = try TemporaryDirectory()
        let database = directory.path("jobs.db")
        let file = try directory.writeJobs((1...60).map { Answers.countingJob("j\($0)", to: 60) })
        let command = { (number: Int) in ["ctl", "--db", database, "concurrency", "\(8 + number % 5)"] }
        var told = 0
        for kill in 1...3 {
            server.hold(afterBodyBytes: server.statistics.bodyBytesWritten + 60_000)
            let run = try BatchProcess(["run", file, "--base-url", server.baseURL, "--concurrency", "8"])
            let goal = told + 3
            while run.isRunning, told < goal {
                if try await BatchProcess(command(told)).ended().status == 0 { told += 1 }
            }
            // One comes in the same moment.
            let last = try BatchProcess(command(told))
            run.send(SIGKILL)
            #expect(await run.ended().status == -SIGKILL, "kill \(kill)")
            let ended = await last.ended()
            #expect([0, 3].contains(ended.status), "\(ended.status) \(ended.error)")
            if ended.status == 0 { told += 1 }
            #expect(try SQLite.number(database, "SELECT count(*) FROM run_changes") >= told)
        }
        server.hold(afterBodyBytes: nil)
        let ended = try await BatchProcess.run("run", file, "--base-url", server.baseURL)
        #expect(ended.status == 0, "\(ended.error)")
        try Answers.expectWhole(database, jobs: 60)
        #expect(ControlledRunProcess.mode(database + ".ctl") == nil)
        await server.stop()
    }

    @Test func whereTheNameIsTooLongItIsInAPrivateFolder() async throws {
        let runtime = try TemporaryDirectory()
        let environment = ["XDG_RUNTIME_DIR": runtime.url.path]
        let long = (1...4).map { String(repeating: "\($0)", count: 60) }.joined(separator: "/")
        // Two at once: each has its own.
        let one = try await Self.heldRun(database: long + "/one.db", environment: environment)
        let two = try await Self.heldRun(database: long + "/two.db", environment: environment)
        #expect(ControlledRunProcess.mode(one.socket) == nil)
        let folder = runtime.path("llm4s-batch-\(getuid())")
        #expect(try #require(ControlledRunProcess.mode(folder)) & 0o7777 == 0o700)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names.count == 2)
        for name in names {
            let mode = try #require(ControlledRunProcess.mode("\(folder)/\(name)"))
            #expect(mode & S_IFMT == S_IFSOCK && mode & 0o777 == 0o600)
        }
        #expect(try await one.tell("pause").hasPrefix("paused"))
        #expect(try await one.tell("status").hasPrefix("paused"))
        #expect(try await two.tell("status").hasPrefix("running"))
        #expect(try await one.tell("continue") == "the run goes on")
        try await Self.finish(one)
        try await Self.finish(two)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }

    /// Somebody else may have made a folder of that name before: it is passed over.
    @Test func aFolderThatOthersCanWriteIsNotUsed() async throws {
        let (open, other) = (try TemporaryDirectory(), try TemporaryDirectory())
        let folder = open.path("llm4s-batch-\(getuid())")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let made = unsafe chmod(folder, 0o777)
        #expect(made == 0)
        let long = (1...4).map { String(repeating: "\($0)", count: 60) }.joined(separator: "/")
        let run = try await Self.heldRun(
            database: long + "/one.db",
            environment: ["XDG_RUNTIME_DIR": open.url.path, "TMPDIR": other.url.path])
        #expect(try await run.tell("status").hasPrefix("running"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        try await Self.finish(run)
    }

    @Test func twoDatabasesAreToldThingsApart() async throws {
        let one = try await Self.heldRun()
        let two = try await Self.heldRun()
        _ = try await one.tell("pause")
        #expect(try await two.tell("concurrency", "1") == "concurrency is 1; 1 open stream over it goes on")
        #expect(try await one.tell("status").hasPrefix("paused · 2 of 2 streams open"))
        #expect(try await two.tell("status").hasPrefix("running · 2 of 1 streams open"))
        _ = try await one.tell("continue")
        try await Self.finish(one)
        try await Self.finish(two)
    }

    @Test func aFileOfTheUsersIsLeftAlone() async throws {
        let server = try await MockServer.start()
        let directory = try TemporaryDirectory()
        let mine = try directory.write("mine", to: "jobs.db.ctl")
        let file = try directory.writeJobs(Self.jobs(2))
        server.hold(afterBodyBytes: 4_000)
        let runtime = try TemporaryDirectory()
        let environment = ["XDG_RUNTIME_DIR": runtime.url.path]
        let run = try BatchProcess(["run", file, "--base-url", server.baseURL], environment: environment)
        try await run.wait { server.statistics.activeStreams == 2 }
        let ctl = try await BatchProcess.run(
            "ctl", "--db", directory.path("jobs.db"), "status", environment: environment)
        #expect(ctl.status == 0, "\(ctl.error)")
        server.hold(afterBodyBytes: nil)
        #expect(await run.ended().status == 0)
        #expect(try String(contentsOfFile: mine, encoding: .utf8) == "mine")
        await server.stop()
    }

    // MARK: Whoever connects

    /// A connection as anything may make it.
    private static func connect(_ path: String) throws -> Int32 {
        let descriptor = try #require(UnixSocket.connect(to: path), "\(SystemError.newest)")
        UnixSocket.setTimeout(seconds: 60, of: descriptor)
        return descriptor
    }

    /// What comes over it until its end.
    private static func read(_ descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        while let new = UnixSocket.read(descriptor, upTo: 65_536), !new.isEmpty { bytes += new }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func answer(_ text: String, at path: String) throws -> String {
        let descriptor = try connect(path)
        defer { close(descriptor) }
        _ = UnixSocket.write(Array(text.utf8)[...], to: descriptor)
        return read(descriptor)
    }

    @Test func nonsenseIsAnsweredAndChangesNothing() async throws {
        let run = try await Self.heldRun()
        for line in [
            "", "hello", "{}", "[]", "null", #"{"command":1}"#, #"{"command":"stop"}"#, #"{"command":"pause","x":1}"#,
            #"{"command":"concurrency"}"#, #"{"command":"concurrency","value":[1]}"#,
            #"{"command":"concurrency","value":1e3}"#, #"{"command":"concurrency","value":-5}"#,
            #"{"command":"cancel","ids":"j1"}"#, #"{"command":"cancel","ids":[1]}"#, #"{"command":"cancel","ids":[]}"#,
            #"{"command":"pause","keep":"yes"}"#, #"{"command":"pause","keep":true}"#,
            String(repeating: "[", count: 100_000), "\u{0}\u{1B}[31m{\"command\":\"pause\"}",
            #"{"command":"pause"} {"command":"pause"}"#,
        ] {
            let answer = try Self.answer(line + "\n", at: run.socket)
            #expect(answer.hasPrefix(#"{"ok":false,"kind":"usage","message":"#), "\(line.prefix(60)): \(answer)")
            #expect(answer.hasSuffix("}\n"))
        }
        // Behind the line nothing is looked at; a carriage return is white space.
        #expect(try Self.answer("{\"command\":\"status\"}\r\nnonsense", at: run.socket).hasPrefix(#"{"ok":true"#))
        #expect(try run.rows("SELECT * FROM run_changes").isEmpty)
        #expect(try await run.tell("status").hasPrefix("running · 2 of 2"))
        try await Self.finish(run)
    }

    @Test func megabytesWithoutALineAreBounded() async throws {
        let run = try await Self.heldRun()
        let before = try Self.memory(run.process.processIdentifier)
        for _ in 1...8 {
            let descriptor = try Self.connect(run.socket)
            defer { close(descriptor) }
            let piece = [UInt8](repeating: 0x78, count: 65_536)
            var written = 0
            while written < 64 << 20, let count = UnixSocket.write(piece[...], to: descriptor), count > 0 {
                written += count
            }
            #expect(written < 4 << 20, "it took \(written) bytes")
        }
        // A sanitizer keeps what was freed.
        let isSanitized = ProcessInfo.processInfo.environment["LLM4S_SANITIZER"] != nil
        let after = try Self.memory(run.process.processIdentifier)
        #expect(isSanitized || after < before + 64 << 10)
        #expect(try await run.tell("status").hasPrefix("running · 2 of 2"))
        try await Self.finish(run)
    }

    /// The resident memory of a process in KB.
    private static func memory(_ process: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return try #require(line?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    }

    @Test func halfOpenConnectionsHoldNobodyUp() async throws {
        let run = try await Self.heldRun()
        var open: [Int32] = []
        defer { for descriptor in open { close(descriptor) } }
        // More than are served at once, and of each a part of a line; those that are too many are told so.
        for number in 1...60 {
            guard let descriptor = UnixSocket.connect(to: run.socket) else { break }
            UnixSocket.setTimeout(seconds: 60, of: descriptor)
            if number.isMultiple(of: 2) { _ = UnixSocket.write(Array("{\"comm".utf8)[...], to: descriptor) }
            open.append(descriptor)
        }
        #expect(open.count > 16)
        let answers = open.suffix(3).map { Self.read($0) }
        #expect(answers.allSatisfy { $0.contains(#""kind":"busy""#) }, "\(answers)")
        // The command waits until the first of them are given up.
        #expect(try await run.tell("status").hasPrefix("running · 2 of 2"))
        // Those that connect and go, and those that say something and do not wait for the answer.
        for number in 1...200 {
            guard let descriptor = UnixSocket.connect(to: run.socket) else { continue }
            if number.isMultiple(of: 3) {
                _ = UnixSocket.write(Array("{\"command\":\"status\"}\n".utf8)[...], to: descriptor)
            }
            close(descriptor)
        }
        #expect(try await run.tell("concurrency", "3") == "concurrency is 3")
        try await Self.finish(run)
        #expect(ControlledRunProcess.mode(run.socket) == nil)
    }
}
