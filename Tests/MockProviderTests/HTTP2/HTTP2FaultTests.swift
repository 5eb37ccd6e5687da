import MockProvider
import Testing

/// Faults of a stream of HTTP/2, and of the connection that it shares.
@Suite struct HTTP2FaultTests {
    private let chat = TestDialect.chat

    /// The connection goes on after each of them.
    @Test func endsTheStreamAloneInPlaceOfTheConnection() async throws {
        try await withHTTP2Server { server, client in
            for (model, bytes, ending, record) in [
                ("count-9+cut=700", 700, .closed, .cut), ("count-9+cut=0", 0, .closed, .cut),
                ("count-9+reset=700", 700, .reset, .reset), ("drop", 0, .closed, .dropped),
                ("dropreset", 0, .reset, .reset), ("count-2+close", nil, .complete, .complete),
            ] as [(String, Int?, WireResponse.Ending, ResponseRecord.Ending)] {
                let response = try await client.post(.chat, chat.body(model: model))
                #expect(response.ending == ending, "\(model)")
                if let bytes { #expect(response.body.count == bytes, "\(model)") }
                try await waitUntil("the end is recorded") { server.requests.last?.response?.ending == record }
            }
            #expect(try await client.post(.chat, chat.body(model: "count-2")).chatText() == "1 2")
            #expect(server.statistics.connectionsAccepted == 1)
            #expect(server.statistics.clientsClosedEarly == 0)
        }
    }

    @Test(arguments: ["silent=headers", "silent=middle", "count-3000+pace=10s"])
    func aStreamThatTheClientResetsCountsAsClosedByIt(model: String) async throws {
        try await withHTTP2Server { server, client in
            let stream = try await client.stream()
            try await stream.post(chat.rawValue, body: chat.body(model: model))
            try await waitUntil("the response is under way") { server.statistics.activeStreams == 1 }
            await stream.reset()
            try await waitUntil("the client's reset is noticed") { server.requests[0].wasClosedByClient }
            try await waitUntil("the end is recorded") { server.requests[0].response?.ending == .closedByClient }
            #expect(server.statistics.activeStreams == 0)
            #expect(server.statistics.openConnections == 1)
            #expect(try await client.post(.chat, chat.body(model: "count-2")).chatText() == "1 2")
        }
    }

    /// NIO takes more than 200 of them for an attack.
    @Test func bearsAClientThatResetsHundredsOfStreams() async throws {
        try await withHTTP2Server { server, client in
            for number in 1...250 {
                let stream = try await client.stream()
                try await stream.post(chat.rawValue, body: chat.body(model: "silent=middle"))
                try await waitUntil("the response is under way") { server.statistics.requests == number }
                await stream.reset()
            }
            #expect(try await client.post(.chat, chat.body(model: "count-2")).chatText() == "1 2")
            #expect(server.statistics.connectionsAccepted == 1)
        }
    }

    @Test func anOutageResetsTheConnectionAndEndsItsResponses() async throws {
        try await withHTTP2Server { server, client in
            for model in ["silent=headers", "silent=middle", "count-3000+pace=10s"] {
                try await client.stream().post(chat.rawValue, body: chat.body(model: model))
            }
            try await waitUntil("the responses are under way") { server.statistics.activeStreams == 3 }
            server.control(try ControlSettings(parsing: "down=60m"))
            try await client.closed()
            try await waitUntil("the connection's end is counted") { server.statistics.openConnections == 0 }
            #expect(server.statistics.activeStreams == 0)
            #expect(server.statistics.clientsClosedEarly == 0)
            #expect(server.requests.map { $0.response?.ending } == [.reset, .reset, .reset])
            server.control(try ControlSettings(parsing: "up"))
        }
    }

    @Test func anOutageSparesTheConnectionThatAskedForIt() async throws {
        try await withHTTP2Server { server, client in
            let other = try await HTTP2Client.open(port: server.port)
            _ = try await other.serverSettings()
            let control = try await client.stream()
            try await control.post("/mock/control", body: "down=60m")
            #expect(await control.response().status == 200)
            try await other.closed()
            #expect(try await client.post(.chat, chat.body(model: "count-2")).chatText() == "1 2")
        }
    }

    @Test func aStreamThatIsNotReadBlocksAloneAtItsWindow() async throws {
        try await withHTTP2Server { server, client in
            let stream = try await client.stream(isReading: false)
            try await stream.post(chat.rawValue, body: chat.body(model: "count-9000"))
            try await waitUntil("the window of the stream is used up") {
                server.statistics.blockedStreams == 1 && server.requests[0].bodyBytesWritten >= 65_535
            }
            #expect(server.requests[0].bodyBytesWritten < 65_535 + 65_536)
            #expect(try await client.post(.chat, chat.body(model: "count-2")).chatText() == "1 2")
            #expect(server.statistics.blockedStreams == 1)
            try await stream.startReading()
            let response = await stream.response()
            #expect(response.ending == .complete)
            #expect(response.chatText().hasSuffix(" 9000"))
            #expect(server.statistics.blockedStreams == 0)
        }
    }
}
