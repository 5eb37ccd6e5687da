// Only LLM4SBatch: what a program that embeds the runner has.
import Foundation
import LLM4SBatch
import MockProvider
import Testing

/// Rows and samples of the runner inside another program.
struct RowsRunnerTests {
    private let directory: TemporaryDirectory
    private let file: String
    private let template: String

    init() throws {
        directory = try TemporaryDirectory()
        file = try directory.write("n,name\n3,Ada\n4,Grace\n5,Edsger\n", to: "rows.csv")
        template = try directory.write(
            #"{"id":"q-{{n}}","model":"mock/count-{{n}}","prompt":"{{name}}"}"#, to: "t.json")
    }

    private func runner(_ server: MockServer, _ change: (inout BatchOptions) -> Void) -> BatchRunner {
        var options = BatchOptions()
        change(&options)
        return BatchRunner(
            database: directory.path("answers.db"), options: options, environment: ["MOCK_BASE_URL": server.baseURL])
    }

    private func answers(_ runner: BatchRunner) async throws -> [BatchAnswer] {
        var answers: [BatchAnswer] = []
        for try await answer in runner.answers() { answers.append(answer) }
        return answers
    }

    @Test func rowsAreRunAsByTheCommand() async throws {
        let server = try await MockServer.start()
        let runner = self.runner(server) { options in
            options.template = template
            options.rows = .csv
            options.rowMetadata = .columns(["name"])
            options.maximumRows = 2
            options.samples = 2
        }
        let report = try await runner.run([file])
        #expect(report.completed == 4, "\(report)")
        let answers = try await self.answers(runner)
        #expect(answers.map(\.id) == ["q-3#1", "q-3#2", "q-4#1", "q-4#2"])
        #expect(answers.map(\.content) == ["1 2 3", "1 2 3", "1 2 3 4", "1 2 3 4"])
        #expect(answers.map(\.metadata) == ["Ada", "Ada", "Grace", "Grace"].map { ["name": .string($0)] as JSON? })
        var all = runner
        all.options.maximumRows = nil
        all.options.sampledRows = 3
        #expect(try await all.run([file]).completed == 6)
        await server.stop()
    }

    @Test func samplesAreOfJobsFromMemoryToo() async throws {
        let server = try await MockServer.start()
        let runner = self.runner(server) { $0.samples = 3 }
        let jobs = (0..<400).map { BatchJob(id: "j\($0)", model: "mock/count-2", [.user("x")]) }
        #expect(try await runner.run(jobs).completed == 1200)
        #expect(try await answers(runner).count == 1200)
        await server.stop()
    }

    @Test func whatCannotBeMeantIsAnErrorOfTheConfiguration() async throws {
        let server = try await MockServer.start()
        let cases: [(words: String, change: (inout BatchOptions) -> Void)] = [
            ("template: '/none.json' cannot be read", { $0.template = "/none.json" }),
            ("maximumRows is for rows: it needs template", { $0.maximumRows = 3 }),
            ("rowMetadata is for rows", { $0.rowMetadata = .none }),
            ("rows.csv: rowMetadata: no column 'x'", { ($0.template, $0.rowMetadata) = (template, .columns(["x"])) }),
        ]
        for (words, change) in cases {
            let error = await #expect(throws: BatchError.self) { try await runner(server, change).run([file]) }
            #expect(error?.description.contains(words) == true, "\(words): \(error as Any)")
        }
        let memory = await #expect(throws: BatchError.self) {
            try await runner(server) { $0.template = template }.run([BatchJob([.user("x")])])
        }
        #expect(memory?.kind == .configuration && memory?.description.hasPrefix("template is for") == true)
        #expect(!FileManager.default.fileExists(atPath: directory.path("answers.db")))
        await server.stop()
    }
}
