import Foundation
import MockProvider
import Testing

/// Pools as they are told on the command line, in the environment and in the configuration file.
@Suite(.serialized)
struct EndToEndPoolTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    /// Runs a job of the provider `vllm`, or of `lab` where there is a configuration.
    private func run(
        _ options: [String], config: String? = nil, environment: [String: String] = [:]
    ) async throws -> BatchProcess.Ended {
        let provider = config == nil ? "vllm" : "lab"
        let file = try directory.writeJobs([#"{"id":"a","model":"\#(provider)/count-3","prompt":"hello"}"#])
        let settings = try config.map { ["--config", try directory.write($0, to: "config.json")] } ?? []
        return try await BatchProcess(
            ["run", file] + settings + options, environment: environment, directory: directory.url
        ).ended()
    }

    private static let lab =
        #"{"providers": {"lab": {"base_url": ["http://gpu1/v1", "http://gpu2/v1/"], "api_key_env": ["K1", "K2"], "#
        + #""weights": {"http://gpu2/v1": 2}}}}"#
    private static let keys = ["K1": "sk-first-secret", "K2": "sk-second-secret"]

    /// The lines of a dry run that name an endpoint.
    private func endpoints(
        _ options: [String], config: String? = nil, environment: [String: String] = [:]
    ) async throws -> [String] {
        let ended = try await run(["--dry-run"] + options, config: config, environment: environment)
        #expect(ended.status == 0, "\(ended.error)")
        #expect(!Self.keys.values.contains { ended.error.contains($0) })
        return ended.error.split(separator: "\n").map(String.init).filter { $0.contains("http") }
    }

    @Test func aDryRunNamesEachURLWithEachKey() async throws {
        #expect(
            try await endpoints([], config: Self.lab, environment: Self.keys) == [
                "lab       http://gpu1/v1#K1, with a key", "lab       http://gpu1/v1#K2, with a key",
                "lab       http://gpu2/v1#K1, with a key, weight 2",
                "lab       http://gpu2/v1#K2, with a key, weight 2",
            ])
        #expect(
            try await endpoints(
                ["--weight", "http://gpu1/v1/=0.5"], config: Self.lab, environment: Self.keys
            ).filter { $0.contains("#K1") } == [
                "lab       http://gpu1/v1#K1, with a key, weight 0.5",
                "lab       http://gpu2/v1#K1, with a key, weight 2",
            ])
        #expect(
            try await endpoints(["--base-url", "http://other/v1"], config: Self.lab, environment: Self.keys)
                == ["lab       http://other/v1#K1, with a key", "lab       http://other/v1#K2, with a key"])
        let variable = ["VLLM_BASE_URL": "http://gpu1/v1,http://gpu2/v1"]
        #expect(
            try await endpoints(["--weight", "http://gpu2/v1=3"], environment: variable)
                == ["vllm      http://gpu1/v1, no key", "vllm      http://gpu2/v1, no key, weight 3"])
        let flags = ["--base-url", "http://gpu3/v1", "--base-url=http://gpu4/v1"]
        #expect(
            try await endpoints(flags, environment: variable)
                == ["vllm      http://gpu3/v1, no key", "vllm      http://gpu4/v1, no key"])
    }

    /// In the file too, where an option that may be repeated is a list.
    @Test func optionsOfTheFileMayBeLists() async throws {
        let config = #"""
            {"providers": {"lab": {"auth": "none"}}, "options": {"base-url": ["http://a/v1", "http://b/v1"],
             "weight": ["http://a/v1=2"]}}
            """#
        #expect(
            try await endpoints([], config: config)
                == ["lab       http://a/v1, no key, weight 2", "lab       http://b/v1, no key"])
        #expect(try await endpoints(["--base-url", "http://a/v1"], config: config).count == 1)
        for (options, words) in [
            (#"{"base-url": []}"#, "options.base-url is an empty list"),
            (#"{"rpm": [1]}"#, "options.rpm must be a single value"),
            (#"{"weight": [["x"]]}"#, "options.weight must be a single value"),
        ] {
            let ended = try await run(["--dry-run"], config: #"{"options": \#(options)}"#)
            #expect(ended.status == 2 && ended.error.contains(words), "\(ended.error)")
        }
    }

    @Test func whatIsGivenTwiceIsUsedOnceAndSaid() async throws {
        let server = try await MockServer.start()
        let urls = ["--base-url", server.baseURL, "--base-url", server.baseURL + "/"]
        let warning = "\(server.baseURL) is given twice; the second is left out"
        let dry = try await run(["--dry-run"] + urls)
        #expect(dry.status == 0 && dry.error.contains("warning: provider 'vllm': \(warning)"), "\(dry.error)")
        let key = ["K1": "sk-one-secret", "K2": "sk-one-secret"]
        let same = try await run(["--dry-run"], config: Self.lab, environment: key)
        #expect(same.status == 0 && same.error.contains("K2 holds the same key as K1 and is left out"), "\(same.error)")
        let ended = try await run(urls)
        #expect(ended.status == 0 && ended.error.contains(warning), "\(ended.error)")
        await server.stop()
    }

    @Test(arguments: [
        (["--weight", "http://localhost:8000/v1=0"], "a weight must be more than 0"),
        (["--weight", "http://localhost:8000/v1=-2"], "a weight must be more than 0"),
        (["--weight", "http://localhost:8000/v1=nan"], "a weight must be more than 0"),
        (["--weight", "http://localhost:8000/v1=inf"], "a weight must be from 0.000001 to 1000000"),
        (["--weight", "http://localhost:8000/v1"], "give a URL and a number, as http://gpu1:8000/v1=2"),
        (["--weight", "http://h=1", "--weight", "http://h=2"], "one URL has two weights, 1 and 2"),
        (
            ["--weight", "http://localhost:8000/v1=1", "--weight", "http://LOCALHOST:8000/v1/=2"],
            "http://localhost:8000/v1 has two weights: "
        ),
        (["--weight", "http://gpu9/v1=2"], "http://gpu9/v1 is no endpoint of the run; known: http://localhost:8000/"),
        (["--weight", "http://u:geheim@h=2"], "its URL is no endpoint of the run; known: http://localhost:8000/v1"),
        (["--base-url", "http://a/v1", "--base-url", ""], "one of the URLs in --base-url is empty"),
        (["--base-url", "http://a/v1,http://b/v1"], "several URLs in one --base-url: give it once for each"),
        (["--base-url", "http://a/v1", "--base-url", "b:80"], "'b:80' is not an http or https URL"),
        (["--concurrency", "many"], "'many' is invalid for '--concurrency <N>'"),
        (["--concurrency", "0"], "--concurrency must be at least 1, not 0"),
        (["--concurrency", "auto", "--concurrency-max", "0"], "--concurrency-max must be at least 1, not 0"),
        (["--concurrency", "auto", "--concurrency-max", "1000000000"], "--concurrency-max 1000000000 needs more open"),
        (["--concurrency", "auto", "--ttft-target", "0"], "--ttft-target must be longer than zero"),
        (
            ["--concurrency", "auto", "--concurrency-max", "9", "--concurrency-per-provider", "vllm=10"],
            "vllm=10 is more than --concurrency-max 9 allows in all"
        ),
        (["--order", "random"], "'--order <ORDER>'"), (["--warm-first", "yes"], "'--warm-first <WHEN>'"),
    ])
    func whatCannotBeMeantEndsWithStatusTwo(options: [String], words: String) async throws {
        let ended = try await run(options)
        #expect(ended.status == 2 && ended.error.contains(words), "\(ended.status) \(ended.error)")
        // The word that the parser quotes is the user's own; ours holds no password.
        #expect(!ended.error.contains("geheim"), "\(ended.error)")
        #expect(!FileManager.default.fileExists(atPath: database))
    }

    @Test(arguments: [
        (#""base_url": []"#, "'lab.base_url' must be a non-empty string, or a list of such"),
        (#""base_url": ["http://a", ""]"#, "'lab.base_url' must be a non-empty string"),
        (#""base_url": ["http://a", 3]"#, "'lab.base_url' must be a non-empty string"),
        (#""base_url": ["http://a", "http://b?key=geheim"]"#, "the URL is not an http or https URL"),
        (#""base_url": "http://a", "api_key_env": []"#, "'lab.api_key_env' must be a non-empty string"),
        (#""base_url": "http://a", "api_key_env": ["K1", "sk-geheim"]"#, "api_key_env holds no name of an environment"),
        (#""base_url": "http://a", "api_key_env": ["K1", "K2"]"#, "provider 'lab' needs a key: set K2"),
        (#""base_url": "http://a", "weights": {"http://a": 0}"#, "lab.weights: a weight must be a number from"),
        (#""base_url": "http://a", "weights": {"http://a": "2"}"#, "lab.weights: a weight must be a number from"),
        (#""base_url": "http://a", "weights": [2]"#, "'lab.weights' must be an object"),
        (#""base_url": "http://a", "weights": {"http://b": 2}"#, "weights: it has no URL http://b; known: http://a"),
    ])
    func faultsOfTheFileEndWithStatusTwo(provider: String, words: String) async throws {
        let ended = try await run([], config: #"{"providers": {"lab": {\#(provider)}}}"#, environment: ["K1": "k-1"])
        #expect(ended.status == 2 && ended.error.contains(words), "\(ended.status) \(ended.error)")
        #expect(!ended.error.contains("geheim"), "\(ended.error)")
        #expect(!FileManager.default.fileExists(atPath: database))
    }

    @Test func validateTellsFaultsOfTheFileToo() async throws {
        let config = try directory.write(#"{"providers": {"lab": {"weights": {"http://a": -1}}}}"#, to: "config.json")
        let file = try directory.writeJobs([#"{"id":"a","model":"mock/count-3","prompt":"hello"}"#])
        let ended = try await BatchProcess.run("validate", file, "--config", config)
        #expect(ended.status == 2 && ended.error.contains("lab.weights: a weight"), "\(ended.error)")
    }

    /// A variable of a provider that no job names is nobody's fault.
    @Test func bothServersOfTheMockAreThoseOfItsVariable() async throws {
        let file = try directory.writeJobs([#"{"id":"a","model":"mock/count-3","prompt":"hello"}"#])
        let dry = try await BatchProcess.run(
            "run", file, "--dry-run", environment: ["MOCK_BASE_URL": "http://a/v1,http://b/v1", "VLLM_BASE_URL": ","])
        #expect(dry.status == 0, "\(dry.error)")
        #expect(dry.error.contains("mock      http://a/v1, no key\nmock      http://b/v1, no key\n"), "\(dry.error)")
    }

    @Test func theOptionsOfARunAreStoredWithoutKeysAndResumeTakesOverNoURL() async throws {
        let server = try await MockServer.start()
        let url = server.baseURL.replacing("/v1", with: "/sk-path-secret/v1")
        let options = [
            "--base-url", server.baseURL, "--base-url", url, "--weight", "\(url)=2", "--order", "input", "--warm-first",
            "off", "--concurrency", "auto", "--concurrency-max", "32", "--ttft-target", "2s",
        ]
        let environment = ["VLLM_API_KEY": "sk-path-secret"]
        let ended = try await run(options, environment: environment)
        #expect(ended.status == 0, "\(ended.error)")
        let hidden = url.replacing("sk-path-secret", with: "***")
        #expect(
            try SQLite.rows(
                database,
                """
                SELECT options ->> '$.base-url', options ->> '$.weight', options ->> '$.order', options ->> '$.warm-first',
                    options ->> '$.concurrency', options ->> '$.concurrency-max', options ->> '$.ttft-target' FROM runs
                """)
                == [#"["\#(server.baseURL)","\#(hidden)"]|["\#(hidden)=2"]|input|off|auto|32|2s"#])
        let resumed = try await BatchProcess.run("resume", "--db", database, environment: environment)
        #expect(resumed.status == 0, "\(resumed.error)")
        #expect(
            resumed.error.contains("as in the run before: --order input, --warm-first off (none"), "\(resumed.error)")
        let changed = try await BatchProcess.run(
            "resume", "--db", database, "--order", "prefix", environment: environment)
        #expect(changed.error.contains("as in the run before: --warm-first off (none"), "\(changed.error)")
        #expect(
            try SQLite.rows(
                database,
                """
                SELECT options ->> '$.base-url', options ->> '$.order', options ->> '$.warm-first' FROM runs
                LIMIT -1 OFFSET 1
                """)
                == ["|input|off", "||off"])
        await server.stop()
    }

    /// Those of the time when a run had one URL, and what others wrote.
    @Test func theOptionsOfOlderRunsAreStillRead() async throws {
        let file = try directory.writeJobs([#"{"id":"a","model":"mock/count-3","prompt":"hello"}"#])
        #expect(try await BatchProcess.run("run", file).status == 0)
        for options in [
            #"{"base-url": "http://127.0.0.1:9/v1", "concurrency": 7, "rpm": 60}"#,
            #"{"order": "x", "warm-first": 3, "weight": {}, "concurrency": "auto", "base-url": [], "rpm": 60}"#,
        ] {
            try SQLite.write(database, "UPDATE runs SET options = '\(options)'")
            let ended = try await BatchProcess.run("resume", "--db", database, "--dry-run")
            #expect(ended.status == 0 && ended.error.contains("before: --rpm 60 (none takes"), "\(ended.error)")
        }
    }
}
