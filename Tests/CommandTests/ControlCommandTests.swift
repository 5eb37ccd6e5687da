import ArgumentParser
import BatchEngine
import BatchStore
import Foundation
import LLMStreaming
import Testing

@testable import LLM4SBatch
@testable import llm4s_batch

/// What can be told to a run, as it is typed, sent and taken over (Contract, "Control").
struct ControlCommandTests {
    static let commands: [(String, [String], ControlCommand)] = [
        ("pause", [], .pause), ("continue", [], .proceed), ("drain", [], .drain), ("status", [], .status),
        ("concurrency", ["32"], .concurrency(.count(32))), ("concurrency", ["auto"], .concurrency(.auto)),
        ("rpm", ["600"], .rate(.requests, provider: nil, perMinute: 600)),
        ("rpm", ["openai=600"], .rate(.requests, provider: "openai", perMinute: 600)),
        ("rpm", ["a=b=7"], .rate(.requests, provider: "a=b", perMinute: 7)),
        ("rpm", ["none"], .rate(.requests, provider: nil, perMinute: nil)),
        ("tpm", ["mock=none"], .rate(.tokens, provider: "mock", perMinute: nil)),
        ("max-cost", ["2.5"], .maximumCost(2.5)), ("max-cost", ["none"], .maximumCost(nil)),
        ("cancel", ["a", "b", "a"], .cancel(["a", "b"])), ("now", ["é=\"x\""], .now(["é=\"x\""])),
    ]

    @Test(arguments: commands.indices)
    func aCommandIsReadAsItIsTypedAndAsItIsSent(index: Int) throws {
        let (word, values, command) = Self.commands[index]
        let name = try #require(ControlCommand.Name(rawValue: word))
        #expect(try ControlCommand(name, values) == command)
        #expect(command.name == name)
        let request = try ControlRequest(command)
        #expect(try ControlRequest(line: request.line) == request)
        #expect(!request.line.contains(0x0A))
        // What is stored of it can be read again.
        if command.isKeepable {
            #expect(KeptLimits.command(word, command.value) == command)
            let kept = try ControlRequest(command, isKept: true)
            #expect(try ControlRequest(line: kept.line) == kept)
        } else {
            #expect(throws: ControlFault.self) { try ControlRequest(command, isKept: true) }
        }
    }

    @Test func numbersMayBeNumbersOrTexts() throws {
        for (line, command) in [
            (#"{"command":"concurrency","value":32}"#, ControlCommand.concurrency(.count(32))),
            (#"{"command":"concurrency","value":"32","keep":false}"#, .concurrency(.count(32))),
            (#"{"command":"max-cost","value":2.5}"#, .maximumCost(2.5)),
            (#"{"command":"pause","value":null}"#, .pause), (#"{"command":"cancel","value":"a"}"#, .cancel(["a"])),
            ("{\"ids\":[\"a\"],\"command\":\"now\"}\r", .now(["a"])),
        ] { #expect(try ControlRequest(line: Array(line.utf8)).command == command, "\(line)") }
    }

    @Test func asManyIDsAsAreTakenAndNoMore() throws {
        let ids = (0..<ControlCommand.maximumJobs).map { "j\($0)" }
        #expect(try ControlCommand(.cancel, ids) == .cancel(ids))
        #expect(throws: ControlFault.self) { try ControlCommand(.cancel, ids + ["one more"]) }
        // Two ids for the database, though they look alike; the third is the first again.
        #expect(
            try ControlCommand(.cancel, ["\u{E9}", "e\u{301}", "\u{E9}"]) == .cancel(["\u{E9}", "e\u{301}"]))
        let longest = String(repeating: "é", count: 256)
        let line = try ControlRequest(.cancel((0..<1_000).map { "\(longest.dropLast(4))\($0 + 1_000)" })).line
        #expect(line.count < ControlConnection.Limits().lineBytes)
    }

    // MARK: What is kept

    @Test func keptLimitsAreWhatTheLastCommandsSay() throws {
        var kept = KeptLimits()
        for command: ControlCommand in [
            .concurrency(.count(9)), .rate(.requests, provider: "a", perMinute: 5),
            .rate(.requests, provider: "b", perMinute: 6),
            .rate(.requests, provider: "a", perMinute: nil), .rate(.tokens, provider: "a", perMinute: 7),
            .concurrency(.count(4)),
        ] {
            let isTaken = kept.add(command)
            #expect(isTaken)
        }
        let all: [ControlCommand] = [
            .concurrency(.count(4)), .rate(.requests, provider: "a", perMinute: nil),
            .rate(.requests, provider: "b", perMinute: 6), .rate(.tokens, provider: "a", perMinute: 7),
        ]
        #expect(kept.commands == all)
        let stored = try #require(kept.json)
        #expect(KeptLimits(JSONObject([.init(key: "kept", value: stored)])) == kept)
        // A rate of all goes before those of single ones, which came earlier.
        let isOfAll = kept.add(.rate(.requests, provider: nil, perMinute: 100))
        #expect(!isOfAll)
        #expect(kept.commands == [all[0], all[3]])
        let others = [kept.add(.pause), kept.add(.maximumCost(3))]
        #expect(others == [false, false])
        var limits = ["a": ProviderLimits(concurrency: 2, requestsPerMinute: 1, tokensPerMinute: 1)]
        kept.apply(to: &limits)
        #expect(limits == ["a": ProviderLimits(concurrency: 2, requestsPerMinute: 1, tokensPerMinute: 7)])
    }

    @Test func whatOthersHaveWrittenIntoTheDatabaseIsLeftOut() throws {
        let json = #"""
            {"kept":[1,"x",{"command":"rpm"},{"command":"rpm","value":"a=-5"},{"command":"stop","value":"1"},
            {"command":"concurrency","value":"99999999999999999999"},{"command":"tpm","value":"a=5"},{"command":"pause","value":""}]}
            """#
        let options = try #require(JSONParser.parse(Array(json.utf8)).object)
        #expect(KeptLimits(options).commands == [.rate(.tokens, provider: "a", perMinute: 5)])
        #expect(KeptLimits(JSONObject([.init(key: "kept", value: "x")])).commands == [])
    }

    @Test func theNextRunTakesOverWhatItsUserDoesNotSay() throws {
        let stored =
            #"{"rpm":90,"concurrency":64,"kept":[{"command":"rpm","value":"a=5"},{"command":"concurrency","value":"7"}]}"#
        let changes = [
            RunChange(command: "tpm", value: "800", isKept: true),
            RunChange(command: "tpm", value: "b=9", isKept: true),
            RunChange(command: "max-cost", value: "4.5", isKept: true),
            RunChange(command: "x", value: "1", isKept: true),
        ]
        var limits = try RunCommand.parse(["x.jsonl"]).options.limits
        var pools = try RunCommand.parse(["x.jsonl"]).options.pools
        var answers = try RunCommand.parse(["x.jsonl"]).options.answers
        let remembered = try RememberedLimits(stored, changes, into: &limits, &pools, &answers)
        #expect(limits.rates.streams == 7 && limits.rates.rpm?.value == 90 && limits.rates.tpm?.value == 800)
        #expect(limits.maxCost == 4.5)
        #expect(
            remembered.kept.commands == [
                .concurrency(.count(7)), .rate(.requests, provider: "a", perMinute: 5),
                .rate(.tokens, provider: "b", perMinute: 9),
            ])
        #expect(remembered.text?.contains("--tpm 800") == true && remembered.text?.contains("tpm b=9") == true)
        var own = try RunCommand.parse(["x.jsonl", "--rpm", "3", "--concurrency", "5"]).options.limits
        let others = try RememberedLimits(stored, changes, into: &own, &pools, &answers)
        #expect(own.rates.streams == 5 && own.rates.rpm?.value == 3)
        #expect(others.kept.commands == [.rate(.tokens, provider: "b", perMinute: 9)])
    }

    // MARK: Where the socket is

    private func addresses(_ database: String, _ environment: [String: String] = [:]) -> [ControlAddress] {
        ControlAddress.all(of: database, place: [0x1F, 0x2A], environment: environment, userID: 1000)
    }

    @Test func theSocketIsBesideTheDatabaseWhereItsNameIsShortEnough() {
        let short = "/" + String(repeating: "x", count: 102)
        #expect(addresses(short).first == ControlAddress(path: short + ".ctl"))
        #expect(addresses(short).first?.path.utf8.count == 107)
        let folder = "/run/user/1000/llm4s-batch-1000"
        #expect(addresses(short + "x").first == ControlAddress(path: folder + "/1f-2a.ctl", folder: folder))
        // It is bytes that count.
        #expect(addresses("/" + String(repeating: "é", count: 52)).first?.folder == folder)
    }

    @Test func privateFoldersAreTriedInTheirOrderAndOnlyTheirNamesOfUse() {
        let environment = ["XDG_RUNTIME_DIR": "/run/user/7/", "TMPDIR": "relative", "HOME": "/home/x"]
        #expect(
            addresses("/a.db", environment).map(\.path) == [
                "/a.db.ctl", "/run/user/7/llm4s-batch-1000/1f-2a.ctl", "/run/user/1000/llm4s-batch-1000/1f-2a.ctl",
                "/tmp/llm4s-batch-1000/1f-2a.ctl",
            ])
        let long = ["XDG_RUNTIME_DIR": "/" + String(repeating: "x", count: 90), "TMPDIR": "/run/user/1000"]
        #expect(
            addresses("/a.db", long).map(\.path) == [
                "/a.db.ctl", "/run/user/1000/llm4s-batch-1000/1f-2a.ctl", "/tmp/llm4s-batch-1000/1f-2a.ctl",
            ])
    }

    // MARK: A connection

    @Test func aLineIsTakenHoweverItIsCut() {
        let line = Array(#"{"command":"pause"}"#.utf8)
        for cut in 0...line.count {
            var connection = ControlConnection(.init(), at: .now)
            let first = Array(line[..<cut]), rest = Array(line[cut...]) + [0x0A, 0x78]
            if !first.isEmpty { #expect(connection.received(first, at: .now) == nil) }
            #expect(connection.received(rest, at: .now) == line)
            #expect(connection.phase == .working && connection.deadline == nil)
            #expect(connection.received(line, at: .now) == nil, "one command is one connection")
        }
    }

    @Test func aConnectionIsGivenUpInTimeAndSize() {
        var limits = ControlConnection.Limits()
        limits.lineBytes = 10
        let start = ContinuousClock.now
        var slow = ControlConnection(limits, at: start)
        _ = slow.received([0x7B], at: start + .seconds(4))
        slow.look(at: start + .seconds(4.9))
        #expect(slow.phase == .reading)
        slow.look(at: start + .seconds(5))
        #expect(slow.phase == .ended)
        var long = ControlConnection(limits, at: start)
        #expect(long.received(Array(repeating: 0x78, count: 11), at: start) == nil)
        #expect(long.phase == .writing && String(decoding: long.unwritten, as: UTF8.self).contains("at most 10 bytes"))
        long.wrote(3)
        #expect(long.phase == .writing)
        long.look(at: start + .seconds(5))
        #expect(long.phase == .ended)
        var gone = ControlConnection(limits, at: start)
        #expect(gone.received([], at: start) == nil && gone.phase == .ended)
        var unread = ControlConnection(limits, at: start)
        unread.answer([0x31], at: start)
        unread.wrote(nil)
        #expect(unread.phase == .ended)
    }
}
