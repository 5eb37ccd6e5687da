import MockProvider
import Testing

/// A mock with a self-hosted server's capacity, over the wire.
@Suite struct CapacityServerTests {
    private func configuration(_ change: (inout CapacityLimits) -> Void) -> MockConfiguration {
        var configuration = MockConfiguration()
        configuration.recordsRequests = true
        configuration.capacity = limits(change)
        return configuration
    }

    private func metrics(_ server: MockServer) async throws -> WireResponse {
        let connection = try await WireConnection.open(port: server.port)
        try await connection.get("/metrics")
        let response = await connection.response()
        try await connection.close()
        return response
    }

    /// The prompt's tokens and the cached ones that a response reports.
    private func usage(_ dialect: TestDialect, _ response: WireResponse, isStreaming: Bool) -> [Int?] {
        let last = isStreaming ? response.data : [response.json]
        let (tokens, cached) =
            switch dialect {
            case .chat: ("usage.prompt_tokens", "usage.prompt_tokens_details.cached_tokens")
            case .responses:
                isStreaming
                    ? ("response.usage.input_tokens", "response.usage.input_tokens_details.cached_tokens")
                    : ("usage.input_tokens", "usage.input_tokens_details.cached_tokens")
            case .messages: ("usage.input_tokens", "usage.cache_read_input_tokens")
            }
        return [tokens, cached].map { path in last.compactMap { JSONText.value(in: $0, at: path) as? Int }.last }
    }

    @Test(arguments: TestDialect.allCases, [true, false])
    func theUsageTellsCachedTokens(dialect: TestDialect, isStreaming: Bool) async throws {
        let more = dialect == .chat && isStreaming ? #""stream_options":{"include_usage":true},"# : ""
        let body = dialect.body(
            model: "count-20", user: words("a", 40), isStreaming: isStreaming, more: more)
        try await withServer(configuration { $0.prefillRate = 1_000_000 }) { server in
            var told: [[Int?]] = []
            for _ in 0..<2 {
                let response = try await server.post(dialect, body)
                #expect(response.status == 200)
                #expect(response.ending == .complete)
                if isStreaming { #expect(dialect.text(of: response) == words("", 21).dropFirst(2)) }
                told.append(usage(dialect, response, isStreaming: isStreaming))
            }
            // Anthropic's input tokens are those that were not cached.
            #expect(told == [[40, 0], dialect == .messages ? [8, 32] : [40, 32]])
            #expect(server.capacity?.prefillTokens == 48)
        }
    }

    @Test func aMessageBeginsWithItsCachedTokens() async throws {
        try await withServer(configuration { $0.slots = 1 }) { server in
            let body = TestDialect.messages.body(model: "count-3", user: words("a", 40))
            _ = try await server.post(.messages, body)
            let started = try await server.post(.messages, body).data.first { $0["type"] as? String == "message_start" }
            let cached = started.flatMap { JSONText.value(in: $0, at: "message.usage.cache_read_input_tokens") }
            #expect(cached as? Int == 32)
        }
    }

    @Test func fortyRequestsOfOnePrefixComputeItOnce() async throws {
        let prefix = words("s", 320)
        try await withServer(
            configuration {
                $0.slots = 8
                $0.prefillRate = 1_000_000
            }
        ) { server in
            func ask(_ number: Int) async throws {
                let response = try await server.post(
                    .chat, TestDialect.chat.body(model: "count-5", user: "\(prefix) q\(number)"))
                #expect(response.chatText() == "1 2 3 4 5")
            }
            try await ask(0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1..<40 { group.addTask { try await ask(number) } }
                try await group.waitForAll()
            }
            try await waitUntil("all have left") { server.capacity?.running == 0 }
            let counted = try #require(server.capacity)
            #expect(counted.prefillTokens == 321 + 39)
            #expect(counted.cachedTokens == 39 * 320)
            #expect(counted.generatedTokens == 200)
            #expect(counted.preemptions == 0)

            let page = try await metrics(server)
            #expect(page.header("content-type") == "text/plain; version=0.0.4; charset=utf-8")
            let told = PrometheusText(page.text)
            #expect(told.faults.isEmpty)
            #expect(told.value("prompt_tokens_total") == 12_840)
            #expect(told.value("prefix_cache_queries_total") == 12_840)
            #expect(told.value("prefix_cache_hits_total") == 12_480)
            #expect(told.value("generation_tokens_total") == 200)
            #expect(told.value("num_requests_running") == 0)
            #expect(told.value("num_requests_waiting") == 0)
            #expect(told.value("time_to_first_token_seconds_count") == 40)
            #expect(told.value("kv_cache_usage_perc") == 0)
        }
    }

    @Test func whoeverWaitsGetsASlotInTheOrderOfArrival() async throws {
        try await withServer(configuration { $0.slots = 1 }) { server in
            // Each is silent half way and so has the only slot until its client leaves.
            let body = TestDialect.chat.body(model: "count-4+silent=middle")
            var connections: [WireConnection] = []
            for number in 0..<5 {
                let connection = try await WireConnection.open(port: server.port)
                try await connection.post("/v1/chat/completions", body: body)
                try await waitUntil("request \(number) is there") { server.statistics.requests == number + 1 }
                connections.append(connection)
            }
            try await waitUntil("four wait") { server.capacity?.waiting == 4 }
            for (number, connection) in connections.enumerated() {
                #expect(await connection.response(until: #"" 2""#).chatText() == "1 2")
                let begun = server.requests.map { $0.bodyBytesWritten > 0 }
                #expect(begun == (0..<5).map { $0 <= number })
                let told = PrometheusText(try await metrics(server).text)
                #expect(told.value("num_requests_running") == 1)
                #expect(told.value("num_requests_waiting") == Double(4 - number))
                try await connection.close()
            }
            try await waitUntil("the last one has left") { server.capacity?.running == 0 }
            #expect(server.capacity?.longestQueue == 4)
        }
    }

    @Test(arguments: TestDialect.allCases)
    func aFullQueueRefuses(dialect: TestDialect) async throws {
        try await withServer(
            configuration {
                $0.slots = 1
                $0.queue = 0
                $0.cacheBlocks = 4
            }
        ) { server in
            let hanging = try await WireConnection.open(port: server.port)
            try await hanging.post(
                "/v1/chat/completions", body: TestDialect.chat.body(model: "count-4+silent=middle"))
            _ = await hanging.response(until: #"" 2""#)
            let refused = try await server.post(dialect, dialect.body(model: "count-4"))
            #expect(refused.status == 503)
            #expect(refused.text.contains("requests wait already"))
            #expect(server.capacity?.refused == 1)
            let long = try await server.post(dialect, dialect.body(model: "count-100"))
            #expect(long.status == 400)
            #expect(long.text.contains("maximum context length is 64 tokens"))
            try await hanging.close()
            try await waitUntil("the slot is free") { server.capacity?.running == 0 }
            #expect(try await server.post(dialect, dialect.body(model: "count-4")).status == 200)
        }
    }

    /// Wherever its request is: in its slot with a part of its answer or none, in the queue, or put back to it.
    @Test func aClientThatGoesLeavesNothingBehind() async throws {
        let crowded = limits {
            $0.slots = 3
            $0.cacheBlocks = 64
            $0.decodeRate = 1
            $0.prefillRate = 1
        }
        try await withServer(configuration { $0 = crowded }) { server in
            func connect(_ user: String, isStreaming: Bool = true) async throws -> WireConnection {
                let connection = try await WireConnection.open(port: server.port)
                let body = TestDialect.chat.body(model: "count-500", user: user, isStreaming: isStreaming)
                try await connection.post("/v1/chat/completions", body: body)
                return connection
            }
            let first = try await connect("one")
            _ = await first.response(until: #""1""#)
            let second = try await connect(words("b", 400))
            try await waitUntil("two is at its prompt") { server.capacity?.running == 2 }
            let third = try await connect(words("c", 300), isStreaming: false)
            try await waitUntil("three is at its prompt") { server.capacity?.running == 3 }
            let waiting = [try await connect("four"), try await connect("five", isStreaming: false)]
            try await waitUntil("two wait") { server.capacity?.waiting == 2 }
            // One, two and three hold 1, 26 and 19 blocks.
            var smaller = crowded
            smaller.cacheBlocks = 40
            server.setCapacity(smaller)
            #expect(server.capacity?.preemptions == 1)
            #expect(server.capacity?.waiting == 3)
            for connection in waiting + [third, second, first] { try await connection.close() }
            try await waitUntil("all are gone") { server.statistics.activeStreams == 0 }
            let left = try #require(server.capacity)
            #expect(left.running + left.waiting == 0)
            #expect(left.cacheUsage == 0)
        }
    }

    @Test func aServerThatStopsLetsAllGo() async throws {
        let server = try await MockServer.start(
            configuration {
                $0.slots = 2
                $0.decodeRate = 1
            })
        var connections: [WireConnection] = []
        for number in 0..<6 {
            connections.append(try await WireConnection.open(port: server.port))
            try await connections[number].post(
                "/v1/chat/completions",
                body: TestDialect.chat.body(model: "count-500", isStreaming: number.isMultiple(of: 2)))
        }
        try await waitUntil("four wait") { server.capacity?.waiting == 4 }
        await server.stop()
        for connection in connections { #expect(await connection.response().ending != .complete) }
        let left = try #require(server.capacity)
        #expect(left.running + left.waiting == 0)
        #expect(left.cacheUsage == 0)
    }

    @Test func aFasterServerWakesWhoWaitsForItsTokens() async throws {
        // At first a prompt takes an hour, and so does a token.
        let slow = limits {
            $0.prefillRate = 1
            $0.totalRate = 1
            $0.slots = 2
        }
        let prompt = words("a", 4_000)
        try await withServer(configuration { $0 = slow }) { server in
            let connection = try await WireConnection.open(port: server.port)
            try await connection.post(
                "/v1/chat/completions", body: TestDialect.chat.body(model: "count-4000", user: prompt))
            try await waitUntil("it has a slot") { server.capacity?.running == 1 }
            #expect(server.requests.first?.bodyBytesWritten == 0)
            server.setCapacity(
                limits {
                    $0.totalRate = 1
                    $0.slots = 2
                })
            // A token a second: on a machine that stood still there may be two.
            #expect(await connection.response(until: #""1""#).chatText().hasPrefix("1"))
            #expect(server.capacity?.running == 1)
            let whole = try await WireConnection.open(port: server.port)
            try await whole.post(
                "/v1/chat/completions", body: TestDialect.chat.body(model: "count-4000", isStreaming: false))
            try await waitUntil("the second has a slot") { server.capacity?.running == 2 }
            server.setCapacity(limits { $0.totalRate = 1_000_000 })
            let (rest, document) = await (connection.response(), whole.response())
            #expect(rest.chatText().hasSuffix(" 3999 4000"))
            #expect(document.text.contains(" 3999 4000"))
            try await waitUntil("all tokens are counted") { server.capacity?.generatedTokens == 8_000 }
        }
    }

    @Test func aStreamThatWasPutBackGoesOnWithItsText() async throws {
        try await withServer(
            configuration {
                $0.cacheBlocks = 4
                $0.decodeRate = 1
            }
        ) { server in
            let text = words("", 34).dropFirst(2)
            try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<2 {
                    group.addTask {
                        let body = TestDialect.chat.body(model: "count-33", user: words("n\(number)x", 16))
                        return try await server.post(.chat, body).chatText()
                    }
                }
                try await waitUntil("both run") { server.capacity?.running == 2 }
                server.setCapacity(
                    limits {
                        $0.cacheBlocks = 4
                        $0.decodeRate = 2_000
                    })
                for try await told in group { #expect(told == text) }
            }
            #expect(server.capacity?.preemptions == 1)
            #expect(server.capacity.map { $0.prefillTokens > 32 } == true)
        }
    }

    @Test(arguments: ["bulk=100+packet=7", "count-100+chunk=7", "count-100+cutchunk=50", "tool", "reasoning+chunk=3"])
    func everyFormOfAnswerKeepsToItsTokens(model: String) async throws {
        let body = TestDialect.chat.body(model: model)
        let plain = try await withServer { try await $0.post(.chat, body) }
        try await withServer(
            configuration {
                $0.slots = 1
                $0.totalRate = 10_000
            }
        ) { server in
            let paced = try await server.post(.chat, body)
            #expect(paced.chatText() == plain.chatText())
            #expect(paced.events.count == plain.events.count)
            #expect("\(paced.ending)" == "\(plain.ending)")
            try await waitUntil("its slot is free") { server.capacity?.running == 0 }
        }
    }

    /// Streams that become faster and end together are woken in the same turn in which their timers come.
    @Test(arguments: [1, 3])
    func manyStreamsThatEndTogetherAreAllWhole(threads: Int) async throws {
        let streams = 200
        try OpenFiles.raiseLimit()
        var configuration = self.configuration {
            $0.decodeRate = 100
            $0.totalRate = 10_000
        }
        configuration.threads = threads
        try await withServer(configuration) { server in
            try await withThrowingTaskGroup(of: WireResponse.self) { group in
                for number in 0..<streams {
                    group.addTask {
                        try await server.post(.chat, TestDialect.chat.body(model: "count-100", user: "u\(number)"))
                    }
                }
                for try await response in group {
                    #expect(response.ending == .complete)
                    #expect(response.chatText() == words("", 101).dropFirst(2))
                }
            }
            try await waitUntil("all have left") { server.statistics.activeStreams == 0 }
            #expect(server.capacity?.generatedTokens == streams * 100)
        }
    }

    @Test func withoutACapacityThereIsNone() async throws {
        try await withServer { server in
            #expect(try await metrics(server).status == 404)
            #expect(server.capacity == nil)
            let connection = try await WireConnection.open(port: server.port)
            try await connection.post("/mock/control", body: "slots=2")
            let refused = await connection.response()
            #expect(refused.status == 400)
            #expect(refused.text.contains("without a limit"))
            try await connection.close()
        }
    }

    @Test func theControlChangesTheCapacity() async throws {
        try await withServer(configuration { $0.decodeRate = 1 }) { server in
            let connection = try await WireConnection.open(port: server.port)
            try await connection.post("/v1/chat/completions", body: TestDialect.chat.body(model: "count-4000"))
            _ = await connection.response(until: #""1""#)
            server.control(try ControlSettings(parsing: "decoderate=0"))
            #expect(await connection.response().chatText().hasSuffix(" 4000"))
        }
    }
}
