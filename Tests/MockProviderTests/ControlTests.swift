import MockProvider
import NIOCore
import NIOPosix
import Testing

/// Changes of a running server: limits, behaviour, outages.
@Suite struct ControlTests {
    private let body = TestDialect.chat.body(model: "count-2")

    private func control(_ settings: String, _ server: MockServer) async throws -> WireResponse {
        let connection = try await WireConnection.open(port: server.port)
        try await connection.post("/mock/control", body: settings)
        let response = await connection.response()
        try? await connection.close()
        return response
    }

    /// The error number of a connection that fails; nil where it comes about.
    private func connectionError(_ server: MockServer) async -> CInt? {
        do {
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(host: "127.0.0.1", port: server.port).get()
            try? await channel.close()
            return nil
        } catch let error as NIOConnectionError {
            return (error.connectionErrors.first?.error as? IOError)?.errnoCode
        } catch {
            return (error as? IOError)?.errnoCode
        }
    }

    private func isRefused(_ server: MockServer) async -> Bool { await connectionError(server) == ECONNREFUSED }

    @Test(arguments: [
        "rpm", "rpm=x", "rpm=-1", "nonsense=1", "down=never", "up=1", "outage=maybe", "behavior=nonsense", "rpm=1,tpm",
        "slots=0", "queue=-1", "queue=long", "cacheblocks=0", "prefillrate=x", "decoderate", "totalrate=-1",
    ])
    func namesASettingThatItCannotRead(settings: String) async throws {
        #expect(throws: InvalidBehaviorOption.self) { try ControlSettings(parsing: settings) }
        let response = try await withServer { try await control(settings, $0) }
        #expect(response.status == 400)
        #expect(response.text.contains("mock option"))
    }

    @Test func readsEverySetting() throws {
        let settings = try ControlSettings(
            parsing: "rpm=5, tpm=6,burst=1s,down=2s,outage=reset,behavior=status=402+code=x,slots=3,queue=endless,"
                + "cacheblocks=4,prefillrate=0,decoderate=7,totalrate=8")
        var limits = CapacityLimits()
        limits.queue = 1
        limits.prefillRate = 1
        settings.capacity.apply(to: &limits)
        #expect(limits.queue == nil && limits.prefillRate == nil)
        #expect([limits.slots, limits.cacheBlocks, limits.decodeRate, limits.totalRate] == [3, 4, 7, 8])
        #expect(settings.requestsPerMinute == 5)
        #expect(settings.tokensPerMinute == 6)
        #expect(settings.burst == .seconds(1))
        #expect(settings.outage == .begins(.seconds(2)))
        #expect(settings.outageForm == .reset)
        #expect(settings.behavior?.fault.status == 402)
        #expect(settings.behavior?.fault.errorCode == "x")
        #expect(try ControlSettings(parsing: "up").outage == .ends)
        for option in ControlOption.allCases { #expect(option.help.form.hasPrefix(option.rawValue)) }
    }

    @Test func changesTheLimitsByARequest() async throws {
        try await withServer { server in
            let unlimited = try await server.post(.chat, body)
            #expect(unlimited.status == 200)
            #expect(try await control("rpm=1", server).status == 200)
            #expect(try await server.post(.chat, body).status == 200)
            #expect(try await server.post(.chat, body).status == 429)
            #expect(try await control("rpm=0", server).status == 200)
            #expect(try await server.post(.chat, body).status == 200)
        }
    }

    @Test func changesAfterSoManyRequests() async throws {
        var configuration = MockConfiguration()
        configuration.scheduledControls = [
            try ScheduledControl(parsing: "3:behavior="), try ScheduledControl(parsing: "1:behavior=status=402"),
        ]
        let statuses = try await withServer(configuration) { server in
            var statuses: [UInt?] = []
            for _ in 0..<4 { statuses.append(try await server.post(.chat, body).status) }
            return statuses
        }
        #expect(statuses == [200, 402, 402, 200])
        for text in ["rpm=1", "-1:rpm=1", "1", "x:rpm=1", "1:rpm"] {
            #expect(throws: InvalidBehaviorOption.self) { try ScheduledControl(parsing: text) }
        }
    }

    @Test func anOutageResetsAndRefusesConnectionsUntilItsEnd() async throws {
        try await withRecordingServer { server in
            let streaming = try await WireConnection.open(port: server.port)
            try await streaming.post("/v1/chat/completions", body: TestDialect.chat.body(model: "count-9+pace=1m"))
            _ = await streaming.response(until: "\"1\"")
            let controlling = try await WireConnection.open(port: server.port)
            try await controlling.post("/mock/control", body: "down=1m")
            #expect(await controlling.response().status == 200, "the connection of the control lives on")
            #expect(await streaming.response().ending == .reset)
            try await waitUntil("nobody listens") { await isRefused(server) }
            try await controlling.post("/mock/control", body: "up")
            #expect(await controlling.response().status == 200)
            try await waitUntil("somebody listens again") { await !isRefused(server) }
            #expect(try await server.post(.chat, body).status == 200)
            try await controlling.close()
        }
    }

    @Test func anOutageEndsByItself() async throws {
        try await withServer { server in
            server.control(try ControlSettings(parsing: "down=30ms"))
            // A connection that was accepted just before the socket closed is reset.
            try await waitUntil("it answers again") { (try? await server.post(.chat, body))?.chatText() == "1 2" }
        }
    }

    @Test func anOutageMayResetNewConnectionsInstead() async throws {
        try await withServer { server in
            server.control(try ControlSettings(parsing: "outage=reset,down=1m"))
            // The reset may come before the client notices that it was connected.
            let error = await connectionError(server)
            #expect(error == nil || error == ECONNRESET)
            let answer = try? await server.post(.chat, body)
            #expect(answer?.head == nil)
            server.control(try ControlSettings(parsing: "up"))
            #expect(try await server.post(.chat, body).status == 200)
        }
    }

    @Test func knowsOnlyItsModelsWhereTold() async throws {
        var configuration = MockConfiguration()
        configuration.knownModels = ["a", "vendor/b"]
        try await withServer(configuration) { server in
            for (model, status) in [("a+count-2", 200), ("vendor/b", 200), ("count-2", 200), ("c", 404)]
                as [(String, UInt)]
            {
                let response = try await server.post(.chat, TestDialect.chat.body(model: model))
                #expect(response.status == status, "\(model)")
                if status == 404 {
                    #expect(response.text.contains("The model 'c' does not exist"))
                    #expect(JSONText.value(in: response.json, at: "error.code") as? String == "model_not_found")
                }
            }
        }
    }
}
