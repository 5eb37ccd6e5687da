import Testing

@testable import MockProvider

/// The mix of every fault.
@Suite struct FaultStormTests {
    private func faults(_ storm: FaultStorm, seed: UInt64 = 1, count: Int = 20_000) -> [MockFault] {
        let behavior = MockBehavior.with { $0.storm = storm }
        let draw = FaultDraw(seed: seed)
        return (0..<count).map { draw.fault(of: behavior, request: UInt64($0), attemptsBefore: 0) }
    }

    @Test func failsItsShareInEveryWay() {
        let faults = faults(FaultStorm(percent: 20)).filter { $0 != MockFault() }
        #expect((3_800...4_200).contains(faults.count))
        for way in FaultStorm(percent: 20).ways { #expect(faults.contains(way), "\(way)") }
        let cuts = Set(faults.compactMap(\.cutBytes))
        #expect(cuts.count > 20, "cuts fall anywhere")
        #expect(!faults.contains { $0.status == 401 || $0.status == 404 })
    }

    @Test func holdsEveryFaultOfTheContract() {
        let ways = FaultStorm(percent: 20, stopsProviders: true).ways
        let statuses = Set(ways.compactMap(\.status))
        #expect(statuses == [400, 401, 402, 403, 404, 408, 409, 413, 429, 500, 502, 503, 529])
        let limits = ways.filter { $0.status == 429 }
        #expect(limits.contains { $0.retryAfter == "1" && $0.retryAfterMilliseconds == "0" })
        #expect(limits.contains { $0.retryAfterDate != nil })
        #expect(limits.contains { $0.retryAfter == nil && $0.retryAfterMilliseconds != nil })
        let checks: [(String, (MockFault) -> Bool)] = [
            ("dropped", \.dropsConnection), ("reset without an answer", \.resetsConnection),
            ("reset", { $0.resetBytes != nil }), ("silent headers", { $0.silence == .beforeHeaders }),
            ("silent first", { $0.silence == .beforeChunk(.index(0)) }),
            ("silent middle", { $0.silence == .beforeChunk(.middle) }), ("cut in a line", { $0.cutChunk != nil }),
            ("early end", { $0.endChunk != nil }), ("error", { $0.inBandErrorChunk != nil }),
            ("late error", \.errsAfterFinish), ("malformed", { $0.malformedChunk != nil }),
            ("huge", { $0.hugeEventBytes ?? 0 > 8 << 20 }), ("html", \.sendsHTML),
            ("content type", { $0.contentType != nil }), ("done after error", \.sendsDoneAfterError),
            ("open", \.leavesBodyOpen), ("echo", { $0.prefill == .echo }), ("refusal", { $0.prefill == .refuse }),
            ("silent restart", { $0.prefill == .restart }),
        ]
        for (name, holds) in checks { #expect(ways.contains(where: holds), "\(name)") }
    }

    @Test func isTheSameForTheSameSeedOnlyAndSparesTheFourthTry() {
        let storm = FaultStorm(percent: 100)
        #expect(faults(storm, count: 50) == faults(storm, count: 50))
        #expect(faults(storm, count: 50) != faults(storm, seed: 2, count: 50))
        let behavior = MockBehavior.with { $0.storm = storm }
        #expect(FaultDraw(seed: 1).fault(of: behavior, request: 1, attemptsBefore: 3) == MockFault())
    }

    @Test func isReadAsAnOption() throws {
        #expect(try MockBehavior(parsing: "storm").storm == FaultStorm(percent: 20))
        #expect(try MockBehavior(parsing: "stormall=5").storm == FaultStorm(percent: 5, stopsProviders: true))
        #expect(throws: InvalidBehaviorOption.self) { try MockBehavior(parsing: "storm=101") }
    }

    @Test func befallsRequestsOverTheWire() async throws {
        var configuration = MockConfiguration()
        configuration.recordsRequests = true
        configuration.recordsResponses = true
        try await withServer(configuration) { server in
            var connections: [WireConnection] = []
            for index in 0..<60 {
                let connection = try await WireConnection.open(port: server.port)
                try await connection.post(
                    "/v1/chat/completions", body: TestDialect.chat.body(model: "count-9+storm=100", user: "\(index)"))
                connections.append(connection)
            }
            // Some are silent or left open, and end with the server only.
            try await waitUntil("most have ended") { server.requests.filter { $0.response != nil }.count > 40 }
            let ends = server.requests.compactMap(\.response).map { "\($0.status ?? 0) \($0.ending)" }
            #expect(Set(ends).count > 10, "\(ends)")
        }
    }

    @Test func goesOnInAnotherWayOnlyForTheTryThatItBefalls() async throws {
        var configuration = MockConfiguration()
        configuration.script = { _ in
            MockBehavior.with {
                $0.countTo = 4
                $0.fault.prefill = .echo
                $0.faultTimes = 1
            }
        }
        try await withServer(configuration) { server in
            let body = TestDialect.messages.body(assistant: "1 2")
            let first = try await server.post(.messages, body)
            #expect(first.messageText == "1 2 3 4")
            #expect(try await server.post(.messages, body).messageText == " 3 4")
        }
    }
}
