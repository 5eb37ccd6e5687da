import Foundation
import MockProvider
import Testing

/// Nothing that a model, a server or a file says commands the terminal (SPEC 7).
@Suite(.serialized)
struct EndToEndTerminalTests {
    /// A title, a colour, C1's CSI and OSC, DEL, backspace, carriage return, overrides, isolates and marks.
    private static let hostile =
        "x\u{1B}]0;owned\u{07}\u{1B}[31m\u{9B}2J\u{9D}0;a\u{9C}\u{7F}\u{8}\r\u{202E}\u{2066}\u{200F}\u{61C}\u{2028}y"

    /// The characters of a text that must not be there.
    private static func commands(in text: String) -> [String] {
        let scalars = Array(text.unicodeScalars)
        return scalars.enumerated().filter { index, scalar in
            switch scalar.value {
            case 0x0A, 0x09: false
            // A terminal gets its lines with CR LF, and those of CSV, which have a CR, with two.
            case 0x0D: scalars[index...].first { $0 != "\r" } != "\n"
            case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
            default: false
            }
        }.map { String($0.element.value, radix: 16) }
    }

    private static func quoted(_ text: String) throws -> String {
        String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
    }

    /// A database whose ids, models, metadata, answers, errors and files are all hostile.
    private static func database(_ directory: TemporaryDirectory) async throws -> (file: String, database: String) {
        let hostile = hostile.replacing("\r", with: "")
        let delta = #"{"id":"c","choices":[{"index":0,"delta":{"content":\#(try quoted(Self.hostile))},"#
        let recording = "data: \(delta)\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
        var configuration = MockConfiguration()
        configuration.script = { request in
            guard request.model.contains("bad") else { return nil }
            var behavior = MockBehavior()
            behavior.fault.status = 400
            behavior.fault.errorMessage = Self.hostile
            return behavior
        }
        configuration.recording = Array(recording.utf8)
        let server = try await MockServer.start(configuration)
        let lines = ["good", "bad"].map { name in
            #"{"id":\#((try? quoted(name + hostile)) ?? ""),"model":\#((try? quoted("openai/\(name)\(hostile)")) ?? ""),"#
                + #""prompt":\#((try? quoted(hostile)) ?? ""),"metadata":{"note":\#((try? quoted(hostile)) ?? "")}}"#
        }
        let file = try directory.writeJobs(lines, to: "jobs\u{1B}[31m\u{202E}.jsonl")
        let database = directory.path("jobs.db")
        let run = try await PseudoTerminal.run(
            [
                "run", file, "--db", database, "--base-url", server.baseURL, "--progress", "plain", "--log-level",
                "debug",
            ], environment: ["OPENAI_API_KEY": "k"])
        #expect(run.status == 1, "\(run.output)")
        #expect(run.output.contains("owned"), "the server's words are told: \(run.output)")
        #expect(commands(in: run.output).isEmpty, "run: \(commands(in: run.output))")
        await server.stop()
        return (file, database)
    }

    @Test(.enabled(if: PseudoTerminal.isAvailable, "util-linux's script makes the terminal"))
    func noCommandShowsHostileTextAsItIs() async throws {
        let directory = try TemporaryDirectory()
        let (file, database) = try await Self.database(directory)
        let hostile = Self.hostile.replacing("\r", with: "")
        var commands = [["status"], ["status", "--json"], ["stats"], ["stats", "--json"], ["results"]]
        commands += ["jsonl", "csv", "text", "openai-batch", "anthropic-batch"].map { ["results", "--format", $0] }
        for name in ["good", "bad"] {
            commands += [["show"], ["show", "--chunks"], ["show", "--json"]].map { $0 + [name + hostile] }
        }
        for command in commands {
            let ended = try await PseudoTerminal.run(command + ["--db", database])
            #expect(ended.status == 0, "\(command): \(ended.output)")
            #expect(!ended.output.isEmpty && Self.commands(in: ended.output).isEmpty, "\(command): \(ended.output)")
        }
        let faults = try directory.write(
            #"{"id":"a","prompt":"x","\#(hostile)":1}"# + "\n", to: "a\u{1B}]0;b\u{07}.jsonl")
        for command in [
            ["validate", faults], ["validate", file, "--estimate"], ["run", file, "--dry-run", "--provider", "mock"],
            ["show", "--db", database, "none" + hostile], ["results", "--db", "none" + hostile], ["no" + hostile],
            ["run", "--no" + hostile], ["run", faults, "--provider", "no" + hostile],
            ["run", faults, "--config", "no" + hostile], ["results", "--db", database, "--job", "no" + hostile],
        ] {
            let ended = try await PseudoTerminal.run(command)
            #expect(!ended.output.isEmpty && Self.commands(in: ended.output).isEmpty, "\(command): \(ended.output)")
        }
    }

    @Test(.enabled(if: PseudoTerminal.isAvailable, "util-linux's script makes the terminal"))
    func resultsIntoAPipeAreExact() async throws {
        let directory = try TemporaryDirectory()
        let (_, database) = try await Self.database(directory)
        let ended = try await BatchProcess.run("results", "--db", database)
        let lines = try ended.output.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        #expect(lines.count == 2)
        let hostile = Self.hostile.replacing("\r", with: "")
        #expect(lines[0]["content"] as? String == Self.hostile)
        #expect(lines[0]["id"] as? String == "good" + hostile)
        #expect((lines[0]["metadata"] as? [String: String])?["note"] == hostile)
        #expect((lines[1]["error"] as? [String: Any])?["message"] as? String == Self.hostile)
        let text = try await BatchProcess.run("results", "--db", database, "--format", "text", "--status", "completed")
        #expect(text.output.hasSuffix("<==\n\(Self.hostile)\n\n"), "\(text.output)")
    }

    @Test(.enabled(if: PseudoTerminal.isAvailable, "util-linux's script makes the terminal"))
    func reportsFitATerminalOfEightyColumns() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs(
            (1...3).map { #"{"id":"j\#($0)","model":"mock/status=400","prompt":"\#($0)"}"# }
                + [#"{"id":"good","model":"mock/count-30","prompt":"\#(String(repeating: "word ", count: 60))"}"#])
        let run = try await BatchProcess.run("run", file)
        #expect(run.status == 1, "\(run.error)")
        let reports = [["status"], ["stats"], ["show", "good"], ["show", "j1"]].map {
            $0 + ["--db", directory.path("jobs.db")]
        }
        for command in reports + [["validate", file, "--estimate"]] {
            let ended = try await PseudoTerminal.run(command)
            let lines = ended.output.split(separator: "\r\n")
            #expect(ended.status == 0 && lines.count > 3, "\(command): \(ended.output)")
            // The answer and the path of the temporary folder are as long as they are.
            for line in lines where !line.hasPrefix("1 2 3") && !line.contains(directory.url.path) {
                #expect(line.count <= 80, "\(command): \(line)")
            }
        }
    }

    @Test(.enabled(if: PseudoTerminal.isAvailable, "util-linux's script makes the terminal"))
    func aBarIsDrawnOnATerminalOnlyAndNotWithNoColor() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs([Answers.countingJob("a", to: 60, options: "+pace=40ms")])
        let plain = try await PseudoTerminal.run(
            ["run", file, "--db", directory.path("a.db")], environment: ["NO_COLOR": "1"])
        #expect(plain.status == 0 && !plain.output.contains("\u{1B}"), "\(plain.output)")
        let drawn = try await PseudoTerminal.run(["run", file, "--db", directory.path("b.db")])
        #expect(drawn.status == 0 && drawn.output.contains("\u{1B}[K"), "\(drawn.output)")
    }
}
