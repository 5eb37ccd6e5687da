import Foundation
import MockProvider
import Testing

/// Nothing that a model, a server or a file says commands the terminal.
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

    /// What a batch and its reports say, where answers were cut, broken, refused and not priced.
    @Test(.enabled(if: PseudoTerminal.isAvailable, "util-linux's script makes the terminal"), arguments: [60, 80, 120])
    func linesFitTheTerminalAndColumnsStandBelowEachOther(columns: Int) async throws {
        let directory = try TemporaryDirectory()
        let bound = #","options":{"max_tokens":4}"#
        let file = try directory.writeJobs(
            (1...8).map { #"{"id":"j\#($0)","model":"mock/count-30","prompt":"p"\#($0 > 4 ? bound : "")}"# }
                + (1...3).map { #"{"id":"c\#($0)","model":"mock/count-60+cutchunk=40+times=1","prompt":"p"}"# }
                + (1...3).map { #"{"id":"f\#($0)","model":"mock/status=503","prompt":"p"}"# })
        let prices = try directory.write(
            #"{"mock/count-30":{"input_cost_per_token":1e-3,"output_cost_per_token":1e-3}}"#, to: "prices.json")
        let database = directory.path("jobs.db")
        let run = try await PseudoTerminal.run(
            ["run", file, "--db", database, "--prices", prices, "--max-attempts", "1"], columns: columns)
        #expect(run.status == 1, "\(run.output)")
        let status = try await PseudoTerminal.run(["status", database], columns: columns)
        let watch = try await PseudoTerminal.run(["status", "--watch", database], columns: columns)
        let stats = try await PseudoTerminal.run(["stats", database], columns: columns)
        for ended in [run, status, watch, stats] {
            let lines = ended.output.replacing("\u{1B}[K", with: "").split { $0.isNewline || $0 == "\r" }
            #expect(lines.count > 4, "\(ended.output)")
            // The path of the temporary folder is as long as it is.
            for line in lines where !line.contains(directory.url.path) && !line.contains("/") {
                #expect(line.count <= columns, "\(line)")
            }
        }
        // Where the text of each row begins, by paragraph.
        for paragraph in stats.output.replacing("\r\n", with: "\n").components(separatedBy: "\n\n").prefix(2) {
            let begins = paragraph.split(separator: "\n").compactMap { line in
                line.firstMatch(of: /^  (?:first token|between pieces|duration|tokens\/s|answers|billed|tier) +/)?
                    .output.count
            }
            #expect(begins.count > 2 && Set(begins).count == 1, "\(begins) \(paragraph)")
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

    /// In one pass, in pieces that are copied whole: a look at all of it for each piece takes hours.
    @Test(.timeLimit(.minutes(15)), arguments: ["x", "ü", "😀", "\u{1}"])
    func anAnswerOfManyMegabytesIsShownWholeAndAtOnce(piece: String) async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs([
            #"{"id":"a","model":"mock/count-60+cutchunk=30+times=1","prompt":"p"}"#,
            #"{"id":"b","model":"mock/status=400","prompt":"p"}"#,
        ])
        let database = directory.path("jobs.db")
        _ = try await BatchProcess.run("run", file)
        let count = 2_000_000
        let words = "replace(hex(zeroblob(\(count / 2))), '0', char(\(piece.unicodeScalars.first?.value ?? 0)))"
        // The seam stays where it was, in the text that was cut.
        try SQLite.write(database, "UPDATE completions SET content = substr(content, 1, 100) || \(words) || 'end'")
        let shown = try await BatchProcess.run("show", "--db", database, "a")
        let escape = piece == "\u{1}" ? #"\u{1}"# : piece
        #expect(shown.output.hasSuffix(escape + "end\n"))
        #expect(shown.output.utf8.count > count * escape.utf8.count)
        #expect(shown.output.components(separatedBy: "⟦attempt 2⟧").count == 2)
        try SQLite.write(
            database,
            "UPDATE attempts SET partial = json_object('choices', json_array(json_object('choice', 0, 'text', "
                + "\(words) || 'end'))) WHERE job_id = 2")
        let partial = try await BatchProcess.run("show", "--db", database, "b")
        #expect(partial.output.hasSuffix(escape + "end\n"))
        let json = try await BatchProcess.run("show", "--db", database, "b", "--json")
        #expect(json.output.contains((piece == "\u{1}" ? #"\u0001"# : piece) + "end\""))
    }

    @Test func whatIsMadeVisibleStandsWhereItStood() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs([#"{"id":"a","model":"mock/count-3","prompt":"p"}"#])
        let database = directory.path("jobs.db")
        _ = try await BatchProcess.run("run", file)
        let pairs: [(UInt32, Bool)] = [
            (0x0, false), (0x8, false), (0x9, true), (0xA, true), (0xD, false), (0x1F, false), (0x20, true),
            (0x7E, true),
            (0x7F, false), (0x80, false), (0x9F, false), (0xA0, true), (0xBF, true), (0x600, true), (0x61B, true),
            (0x61C, false), (0x61D, true), (0x200D, true), (0x200E, false), (0x200F, false), (0x2010, true),
            (0x2027, true), (0x2028, false), (0x202E, false), (0x202F, true), (0x2065, true), (0x2066, false),
            (0x2069, false), (0x206A, true), (0x20AC, true), (0x2603, true), (0xFFFD, true), (0x1F600, true),
            (0x10FFFF, true),
        ]
        let text = pairs.filter { $0.0 > 0 }.map { "'a' || char(\($0.0)) || 'z'" }.joined(separator: " || ")
        try SQLite.write(database, "UPDATE completions SET content = \(text)")
        let expected = pairs.filter { $0.0 > 0 }.map { value, isText in
            "a" + (isText ? Unicode.Scalar(value).map { String($0) } ?? "" : "\\u{\(String(value, radix: 16))}") + "z"
        }.joined()
        let shown = try await BatchProcess.run("show", "--db", database, "a")
        #expect(Array(shown.output.utf8).suffix(expected.utf8.count + 1).dropLast().elementsEqual(expected.utf8))
    }
}
