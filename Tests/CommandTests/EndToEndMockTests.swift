import Foundation
import Testing

/// `mock` as its user runs it: each option of its command line changes what curl sees.
struct EndToEndMockTests {
    /// A response as curl shows it.
    private struct Seen {
        var status: Int
        var headers: String
        var body: String
    }

    private static let request = #"{"model":"count-3","stream":true,"messages":[{"role":"user","content":"x"}]}"#

    private func curl(
        _ mock: MockProcess, _ path: String = "/chat/completions", body: String = request, options: [String] = []
    ) async throws -> Seen {
        let base = path.hasPrefix("/mock") ? mock.baseURL.replacing("/v1", with: "") : mock.baseURL
        let (_, data) = try await ChildProcess.run(
            arguments: ["curl", "-s", "-i", "-m", "60", base + path, "-d", body] + options)
        let parts = String(decoding: data, as: UTF8.self).split(separator: "\r\n\r\n", maxSplits: 1)
        let head = parts.first.map(String.init) ?? ""
        return Seen(
            status: head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0, headers: head.lowercased(),
            body: parts.count > 1 ? String(parts[1]) : "")
    }

    @Test func speaksTLSWithACertificate() async throws {
        let directory = try TemporaryDirectory()
        let (certificate, key) = (directory.path("certificate.pem"), directory.path("key.pem"))
        let (status, _) = try await ChildProcess.run(
            arguments: [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
            ])
        guard status == 0 else { return print("skipped: openssl is missing") }
        let mock = try await MockProcess(arguments: ["--tls-certificate", certificate, "--tls-key", key])
        #expect(mock.baseURL.hasPrefix("https://"))
        let seen = try await curl(mock, options: ["--cacert", certificate])
        #expect(seen.status == 200)
        #expect(seen.body.contains("[DONE]"))
        // Who does not trust it gets nothing.
        #expect(try await curl(mock).status == 0)
    }

    @Test func speaksHTTP2BesideHTTP1WhereToldSo() async throws {
        let mock = try await MockProcess(arguments: ["--http2-streams", "7"])
        let seen = try await curl(mock, options: ["--http2-prior-knowledge"])
        #expect(seen.headers.hasPrefix("http/2 200"))
        #expect(seen.body.contains("[DONE]"))
        #expect(try await curl(mock).headers.hasPrefix("http/1.1 200"))
        let plain = try await MockProcess(arguments: [])
        #expect(try await curl(plain, options: ["--http2-prior-knowledge"]).status == 0)
    }

    @Test func limitsRatesAndTellsThem() async throws {
        let mock = try await MockProcess(arguments: [
            "--rpm", "1", "--rate-headers", "azure", "--retry-after", "zeroms", "--burst", "1m",
        ])
        #expect(try await curl(mock).headers.contains("x-ratelimit-renewalperiod-requests: 60"))
        let refused = try await curl(mock)
        #expect(refused.status == 429)
        #expect(refused.headers.contains("retry-after-ms: 0"))
        #expect(try await curl(mock, "/mock/control", body: "rpm=0").status == 200)
        #expect(try await curl(mock).status == 200)
    }

    @Test func limitsTokensModelsAndChangesAfterSoManyRequests() async throws {
        let mock = try await MockProcess(arguments: [
            "--tpm", "4", "--burst", "1m", "--models", "a,b", "--after", "3:tpm=0", "--after", "4:behavior=status=402",
        ])
        #expect(try await curl(mock).status == 200, "a prompt of one word and an answer of three are the four tokens")
        let refused = try await curl(mock)
        #expect(refused.status == 429)
        #expect(refused.body.contains("tokens per min"))
        #expect(try await curl(mock, body: Self.request.replacing("count-3", with: "c")).status == 404)
        #expect(try await curl(mock).status == 200)
        #expect(try await curl(mock).status == 402)
    }

    @Test func playsAFileWholeOrCut() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("data: {\"recorded\":1}\n\ndata: [DONE]\n\n", to: "stream.sse")
        let whole = try await MockProcess(arguments: ["--play", file])
        #expect(try await curl(whole).body == "data: {\"recorded\":1}\n\ndata: [DONE]\n\n")
        #expect(try await curl(whole).headers.contains("text/event-stream"))
        let cut = try await MockProcess(arguments: ["--play", file, "--cut", "9"])
        #expect(try await curl(cut).body == "data: {\"r")
    }

    @Test func isAServerOfLimitedCapacityWhereToldSo() async throws {
        let mock = try await MockProcess(arguments: [
            "--slots", "2", "--queue", "0", "--cache-blocks", "50", "--prefill-rate", "1000000", "--decode-rate",
            "100000", "--total-rate", "100000", "--models", "m",
        ])
        let text = (0..<40).map { "word\($0)" }.joined(separator: " ")
        let long = Self.request.replacing(#""x""#, with: "\"\(text)\"")
            .replacing(#""stream":true"#, with: #""stream":true,"stream_options":{"include_usage":true}"#)
        #expect(try await curl(mock, body: long).body.contains(#""cached_tokens":0"#))
        #expect(try await curl(mock, body: long).body.contains(#""cached_tokens":32"#))
        let metrics = try await ChildProcess.run(
            arguments: ["curl", "-s", mock.baseURL.replacing("/v1", with: "/metrics")])
        #expect(String(decoding: metrics.1, as: UTF8.self).contains(#"hits_total{engine="0",model_name="m"} 32.0"#))
        #expect(try await curl(mock, "/mock/control", body: "cacheblocks=2").status == 200)
        #expect(try await curl(mock, body: long).status == 400)
        let unlimited = try await MockProcess(arguments: [])
        let missing = try await ChildProcess.run(
            arguments: ["curl", "-s", unlimited.baseURL.replacing("/v1", with: "/metrics")])
        #expect(String(decoding: missing.1, as: UTF8.self).contains("There is no /metrics here."))
        let refused = try await curl(unlimited, "/mock/control", body: "slots=2")
        #expect(refused.status == 400)
        #expect(refused.body.contains("without a limit"))
    }

    @Test func logsWhatWasSent() async throws {
        let directory = try TemporaryDirectory()
        let log = directory.path("mock.jsonl")
        let mock = try await MockProcess(arguments: ["--log", log, "--behavior", "chunk=3"])
        let seen = try await curl(mock)
        var text = ""
        while text.isEmpty { text = try String(contentsOfFile: log, encoding: .utf8) }
        let line = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(line?["sent"] as? String == seen.body)
        #expect(line?["text"] as? String == "1 2 3")
        #expect(line?["body"] as? String == Self.request)
        #expect(seen.body.contains("\"1 2 3\""))
    }

    @Test(arguments: [
        (["--rpm", "0"], "--rpm must be at least 1"), (["--cut", "4"], "--cut needs --play"),
        (["--play", "/nowhere/x"], "--play: /nowhere/x cannot be read"),
        (["--after", "5"], "needs the form N:SETTINGS"),
        (["--after", "5:down"], "down"), (["--behavior", "pace=soon"], "pace=soon"),
        (["--rate-headers", "x"], "openai"),
        (["--log", "/nowhere/x"], "log"),
        (["--slots", "0"], "--slots must be at least 1"), (["--queue=-1"], "--queue cannot be negative"),
        (["--http2-streams", "0"], "--http2-streams must be at least 1"),
        (["--after", "5:slots=2"], "without a limit"),
    ])
    func refusesWhatItCannotUse(arguments: [String], message: String) async throws {
        let ended = try await BatchProcess(["mock"] + arguments).ended()
        #expect(ended.status == 2)
        #expect(ended.error.contains(message), "\(ended.error)")
    }

    @Test func helpNamesEveryOption() async throws {
        let ended = try await BatchProcess(["mock", "--help"]).ended()
        for option in [
            "--port", "--threads", "--seed", "--behavior", "--required-key", "--send-buffer-bytes", "--rpm", "--tpm",
            "--burst", "--rate-headers", "--retry-after", "--models", "--after", "--play", "--cut", "--log",
            "--slots", "--queue", "--cache-blocks", "--prefill-rate", "--decode-rate", "--total-rate",
            "--tls-certificate", "--tls-key", "--http2-streams",
        ] {
            #expect(ended.output.contains(option))
        }
        #expect(ended.output.contains("storm[=PERCENT]"))
        #expect(ended.output.contains("down=DURATION"))
    }
}
