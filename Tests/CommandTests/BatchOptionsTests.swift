import ArgumentParser
import BatchEngine
import BatchStore
import Foundation
import LLM4S
import LLMStreaming
import Testing

@testable import LLM4SBatch
@testable import llm4s_batch

/// The library's options are the command's: the two lists are compared, and what each option makes of a run.
struct BatchOptionsTests {
    /// An option of `run`: the words that set it, and the same in a program.
    struct Pair: Sendable, CustomStringConvertible {
        var name: String
        var value: String?
        /// What it needs besides.
        var others: [String]
        var set: @Sendable (inout BatchOptions) -> Void

        init(
            _ name: String, _ value: String? = nil, with others: [String] = [],
            _ set: @escaping @Sendable (inout BatchOptions) -> Void
        ) {
            (self.name, self.value, self.others, self.set) = (name, value, others, set)
        }

        var description: String { name }
    }

    /// What is of the terminal alone, or has another form in a program: the database and the catalog of a runner.
    static let ofTheTerminal: Set<String> = [
        "db", "config", "yes", "dry-run", "progress", "log-level", "help", "version", "output", "allow-failures",
        "serve",
    ]

    private static let template = Project.root.appending(path: "jobs/reviews.json").path

    /// A file of `--check`.
    private static let check: String = {
        let path = FileManager.default.temporaryDirectory.appending(path: "llm4s-batch-check-\(getpid()).json").path
        _ = FileManager.default.createFile(atPath: path, contents: Data(#"{"max_chars":9}"#.utf8))
        return path
    }()

    static let pairs: [Pair] = [
        Pair("check", check) { $0.check = ["max_chars": 9] },
        Pair("check-command", "cat") { $0.checkCommand = "cat" },
        Pair("check-timeout", "7s") { $0.checkTimeout = .seconds(7) },
        Pair("on-invalid", "ask") { $0.onInvalid = .ask },
        Pair("max-answers", "8") { $0.maximumAnswers = 8 },
        Pair("on-length", "more") { $0.onLength = .more },
        Pair("loops", "stop") { $0.loops = .stop },
        Pair("dedupe") { $0.dedupes = true },
        Pair("template", template) { $0.template = template },
        Pair("rows", "tsv", with: ["--template", template]) { ($0.template, $0.rows) = (template, .tsv) },
        Pair("row-metadata", "none", with: ["--template", template]) {
            ($0.template, $0.rowMetadata) = (template, .none)
        },
        Pair("limit", "12", with: ["--template", template]) { ($0.template, $0.maximumRows) = (template, 12) },
        Pair("sample-rows", "13", with: ["--template", template]) { ($0.template, $0.sampledRows) = (template, 13) },
        Pair("seed", "14", with: ["--template", template, "--sample-rows", "13"]) {
            ($0.template, $0.sampledRows, $0.sampleSeed) = (template, 13, 14)
        },
        Pair("samples", "15") { $0.samples = 15 },
        Pair("model", "mock/count-5") { $0.model = "mock/count-5" },
        Pair("provider", "mock") { $0.provider = "mock" },
        Pair("base-url", "http://127.0.0.1:9/v1", with: ["--base-url", "http://127.0.0.1:8/v1"]) {
            $0.baseURLs = ["http://127.0.0.1:9/v1", "http://127.0.0.1:8/v1"]
        },
        Pair("weight", "http://127.0.0.1:9/a=b/v1=2.5") { $0.weights = ["http://127.0.0.1:9/a=b/v1": 2.5] },
        Pair("order", "input") { $0.order = .input },
        Pair("warm-first", "off") { $0.warmFirst = .off },
        Pair("service-tier", "flex") { $0.serviceTier = "flex" },
        Pair("shard", "3/64") { $0.shard = BatchOptions.Shard(3, of: 64) },
        Pair("resume", "continue") { $0.resume = .continue },
        Pair("on-changed", "replace") { $0.changedJobs = .replace },
        Pair("skip-invalid") { $0.skipsInvalid = true },
        Pair("max-line-bytes", "1000") { $0.maximumLineBytes = 1000 },
        Pair("concurrency", "7") { $0.concurrency = 7 },
        Pair("concurrency-max", "9", with: ["--concurrency", "auto"]) {
            ($0.isConcurrencyAuto, $0.concurrencyMaximum) = (true, 9)
        },
        Pair("ttft-target", "2500ms", with: ["--concurrency", "auto"]) {
            ($0.isConcurrencyAuto, $0.firstTokenTarget) = (true, .milliseconds(2500))
        },
        Pair("concurrency-per-provider", "mock/m=3") { $0.concurrencyPerProvider = ["mock/m": 3] },
        Pair("rpm", "90") { $0.requestsPerMinute = 90 },
        Pair("tpm", "9000") { $0.tokensPerMinute = 9000 },
        Pair("share", "1/16") { $0.share = 1.0 / 16 },
        Pair("shared", "/mnt/shared") { $0.sharedFolder = "/mnt/shared" },
        Pair("every", "7s") { $0.publishingInterval = .seconds(7) },
        Pair("prices", "none") { $0.prices = "none" },
        Pair("max-cost", "2.5") { $0.maximumCost = 2.5 },
        Pair("max-tokens-total", "5000") { $0.maximumTokens = 5000 },
        Pair("max-jobs", "11") { $0.maximumJobs = 11 },
        Pair("max-attempts", "9") { $0.maximumAttempts = 9 },
        Pair("fail-fast") { $0.failsFast = true },
        Pair("connect-timeout", "3s") { $0.timeouts.connect = .seconds(3) },
        Pair("first-token-timeout", "4s") { $0.timeouts.firstToken = .seconds(4) },
        Pair("idle-timeout", "5s") { $0.timeouts.idle = .seconds(5) },
        Pair("stall-timeout", "6s") { $0.timeouts.stall = .seconds(6) },
        Pair("job-timeout", "7500ms") { $0.timeouts.job = .milliseconds(7500) },
        Pair("outage-timeout", "8s") { $0.outageTimeout = .seconds(8) },
        Pair("drain-timeout", "9s") { $0.drainTimeout = .seconds(9) },
        Pair("max-event-bytes", "4096") { $0.maximumEventBytes = 4096 },
        Pair("chunks", "none") { $0.chunks = .none },
        Pair("durability", "normal") { $0.durability = .normal },
        Pair("latency", "low") { $0.latency = .low },
        Pair("http", "2") { $0.http = .http2 },
        Pair("wait-lock", "30s") { $0.lockWait = .seconds(30) },
        Pair("ca-file", "/tmp/ca.pem") { $0.caFile = "/tmp/ca.pem" },
        Pair("ca-only") { $0.trustsCAFileOnly = true },
        Pair("client-cert", "/tmp/client.pem") { $0.clientCertificate = "/tmp/client.pem" },
        Pair("client-key", "/tmp/client.key") { $0.clientKey = "/tmp/client.key" },
    ]

    /// The defaults of the command: only the drain time is another, since a cancelled task has nobody to press Ctrl-C.
    private static var usual: BatchOptions {
        var options = BatchOptions()
        options.drainTimeout = .seconds(10)
        return options
    }

    @Test func theyAreThoseOfTheCommandButForTheTerminals() {
        let known = Set(OptionDescription.all(of: RunCommand.self).map(\.name))
        let paired = Self.pairs.map(\.name)
        #expect(Set(paired).count == paired.count)
        #expect(known.subtracting(Self.ofTheTerminal) == Set(paired))
        #expect(Set(paired).isDisjoint(with: Self.ofTheTerminal))
        // Each property is one of them, but for those that only a program can have, and the form of a number.
        let own = ["isFirstTokenGiven", "isConcurrencyAuto", "logger", "metricsHolder"]
        let properties = Mirror(reflecting: BatchOptions()).children.count { !own.contains($0.label ?? "") }
        let timeouts = Mirror(reflecting: StreamTimeouts()).children.count
        #expect(properties - 1 + timeouts == paired.count)
    }

    /// What messages call them in a program is what they are called there.
    @Test func everyFlagHasThePropertysName() {
        #expect(Set(OptionNames.propertyNames.keys) == Set(Self.pairs.map(\.name)))
        let properties = Mirror(reflecting: BatchOptions()).children.compactMap(\.label)
        let timeouts = Mirror(reflecting: StreamTimeouts()).children.compactMap(\.label).map { "timeouts.\($0)" }
        #expect(Set(OptionNames.propertyNames.values).isSubset(of: properties + timeouts))
        #expect(
            OptionNames.properties.naming("lower --rpm, --tpm or --concurrency (/a/--rpm)")
                == "lower requestsPerMinute, tokensPerMinute or concurrency (/a/--rpm)")
        #expect(OptionNames.flags.naming("lower --rpm") == "lower --rpm")
    }

    @Test func theDefaultsAreTheSame() throws {
        #expect(try Self.parts(command: []) == Self.parts(Self.usual))
        #expect(BatchOptions().drainTimeout == .zero)
    }

    @Test(arguments: pairs)
    func anOptionMakesOfARunWhatTheCommandsDoes(pair: Pair) throws {
        var options = Self.usual
        pair.set(&options)
        let library = try Self.parts(options)
        let words = ["--\(pair.name)"] + [pair.value].compactMap(\.self)
        #expect(try Self.parts(command: words + pair.others) == library)
        let usual = try Self.parts(command: pair.others)
        #expect(library != usual || pair.name == "prices", "it changes nothing")
        // What the run's row says, under the command's names.
        let isOfTheInput = [
            "model", "provider", "on-changed", "skip-invalid", "max-line-bytes", "samples", "template", "rows",
            "row-metadata", "limit", "sample-rows", "seed",
        ].contains(pair.name)
        #expect(isOfTheInput || options.stored[pair.name] != nil, "it is not stored")
    }

    @Test(arguments: [
        "concurrency", "maximumAttempts", "maximumJobs", "timeouts.idle", "maximumCost", "drainTimeout", "lockWait",
        "share", "sharedFolder", "publishingInterval", "maximumRows", "sampledRows", "samples",
        "maximumAnswers", "checkTimeout", "checkCommand", "concurrencyMaximum", "firstTokenTarget", "weights",
    ])
    func whatCannotBeMeantIsAnError(name: String) async throws {
        var options = BatchOptions()
        switch name {
        case "concurrency": options.concurrency = 0
        case "concurrencyMaximum": options.concurrencyMaximum = 0
        case "firstTokenTarget": options.firstTokenTarget = .zero
        case "weights": options.weights = ["http://h/v1": 0]
        case "maximumAttempts": options.maximumAttempts = .max
        case "maximumJobs": options.maximumJobs = -1
        case "timeouts.idle": options.timeouts.idle = .zero
        case "maximumCost": options.maximumCost = .nan
        case "share": options.share = .nan
        case "sharedFolder": options.sharedFolder = ""
        case "publishingInterval": options.publishingInterval = .milliseconds(99)
        case "maximumRows": options.maximumRows = 0
        case "sampledRows": options.sampledRows = -1
        case "samples": options.samples = 1001
        case "maximumAnswers": options.maximumAnswers = 0
        case "checkTimeout": options.checkTimeout = .zero
        case "checkCommand": options.checkCommand = ""
        case "lockWait": options.lockWait = .seconds(-1)
        default: options.drainTimeout = .seconds(-1)
        }
        let runner = BatchRunner(database: "/nonexistent/a.db", options: options, environment: [:])
        let error = await #expect(throws: BatchError.self) { try await runner.run(["/nonexistent.jsonl"]) }
        #expect(error?.kind == .configuration && error?.description.hasPrefix(name) == true, "\(error as Any)")
    }

    /// Until there were pools a run had one URL, and its row a text.
    @Test func oneURLIsStoredAsATextAndSeveralAsAList() {
        var options = BatchOptions()
        #expect(options.stored["base-url"] == nil && options.stored["concurrency"] == 64)
        options.baseURLs = ["http://a"]
        #expect(options.stored["base-url"] == "http://a")
        options.baseURLs.append("http://b")
        options.weights = ["http://b": 2, "http://a": 0.5]
        options.isConcurrencyAuto = true
        #expect(options.stored["base-url"] == ["http://a", "http://b"])
        #expect(options.stored["weight"] == ["http://a=0.5", "http://b=2"])
        #expect(options.stored["concurrency"] == "auto" && options.stored["concurrency-max"] == 1024)
    }

    @Test func whatIsReadGathersUnlessLatencyIsLow() {
        var options = BatchOptions()
        #expect(options.transportConfiguration([:]).gathersReads)
        options.latency = .low
        #expect(!options.transportConfiguration([:]).gathersReads)
        // A load test, and the library, measure and show what comes as it comes.
        #expect(!TransportConfiguration().gathersReads)
    }

    /// What bounds the open files is what bounds the engine.
    @Test func theWidthThatIsFoundIsBoundedByItsMaximum() throws {
        var options = BatchOptions()
        (options.isConcurrencyAuto, options.concurrencyMaximum) = (true, 300)
        options.firstTokenTarget = .seconds(2)
        let configuration = try options.runConfiguration([], PriceTable())
        #expect(options.mostStreams == 300 && configuration.concurrency == 300)
        #expect(configuration.width == .found(most: 300, firstTokenTarget: .seconds(2)))
        options.isConcurrencyAuto = false
        #expect(try options.runConfiguration([], PriceTable()).width == .fixed)
    }

    @Test func itsWordsAreThoseOfTheCommand() {
        #expect(BatchOptions.ResumeWay.allCases.map(\.rawValue) == ResumePolicy.allCases.map(\.rawValue))
        #expect(BatchOptions.ChangedJobs.allCases.map(\.rawValue) == ChangedJobPolicy.allCases.map(\.rawValue))
        #expect(
            BatchOptions.ChunkRetention.allCases.map(\.rawValue)
                == StoreOptions.ChunkRetention.allCases.map(\.rawValue))
        #expect(BatchOptions.Durability.allCases.map(\.rawValue) == StoreOptions.Durability.allCases.map(\.rawValue))
    }

    // MARK: - What a run is made of

    private static func parts(command words: [String]) throws -> [String: String] {
        let command = try #require(try Program.parseAsRoot(["run", "jobs.jsonl"] + words) as? RunCommand)
        return try parts(command.batchOptions)
    }

    private static func parts(_ options: BatchOptions) throws -> [String: String] {
        var parts = Self.parts(
            try options.reading(ProviderCatalog(), [:]), try options.runConfiguration(providers, PriceTable()),
            options.storeOptions, options.transportConfiguration([:]), options.changedJobPolicy)
        parts["base-url"] = options.baseURLs.joined(separator: " ")
        parts["weight"] = options.weights.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
        parts["check-command"] = options.checkCommand
        parts["shared"] = options.sharedFolder
        parts["every"] = "\(options.publishingInterval)"
        parts["max-cost"] = options.maximumCost.map { "\($0)" }
        parts["max-tokens-total"] = options.maximumTokens.map { "\($0)" }
        return parts
    }

    private static let providers = [ProviderCatalog()["mock"], ProviderCatalog()["openai"]].compactMap(\.self)

    private static func parts(
        _ reading: InputReading, _ run: RunConfiguration, _ store: StoreOptions, _ transport: TransportConfiguration,
        _ policy: ChangedJobPolicy
    ) -> [String: String] {
        let defaults = reading.parser.defaults
        var parts = [
            "reading.model": "\(defaults.model?.name ?? "")", "reading.provider": defaults.provider?.name ?? "",
            "reading.resume": "\(defaults.resume)", "reading.bytes": "\(reading.maximumLineBytes)",
            "reading.skips": "\(reading.skipsInvalid)", "reading.shard": reading.shard?.text ?? "",
            "policy": "\(policy)", "reading.rows": text(reading.rows as Any),
            "reading.samples": text(reading.samples as Any),
        ]
        for (name, value) in [("run", run as Any), ("store", store), ("transport", transport)] {
            for child in Mirror(reflecting: value).children {
                parts["\(name).\(child.label ?? "")"] = text(child.value)
            }
        }
        return parts
    }

    private static func text(_ value: Any) -> String {
        if let limits = value as? [String: ProviderLimits] {
            return limits.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "\n")
        }
        return "\(value)"
    }
}
