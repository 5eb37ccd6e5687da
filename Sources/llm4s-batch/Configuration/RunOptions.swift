import ArgumentParser
import BatchEngine
import BatchStore
import LLM4S
import LLMStreaming

/// The options of `run`, `resume` and `retry` (SPEC 2).
struct RunOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "URL in place of the provider's: of --provider, else of the only provider that the jobs name (default: its "
                + "variable such as OPENAI_BASE_URL, else its own).", valueName: "URL"))
    var baseURL: String?

    @OptionGroup var limits: LimitOptions

    @Option(help: ArgumentHelp("Attempts of a job that count: not those that met a rate limit.", valueName: "N"))
    var maxAttempts = 5

    @Option(help: ArgumentHelp("Time for a connection to stand, TLS included.", valueName: "DURATION"))
    var connectTimeout = DurationArgument(seconds: 10)

    @Option(
        help: ArgumentHelp(
            "Time from a request to the first content of its answer (default: 600s, and 900s in the tier flex).",
            valueName: "DURATION"))
    var firstTokenTimeout: DurationArgument?

    @Option(help: ArgumentHelp("Time without a byte on an open stream.", valueName: "DURATION"))
    var idleTimeout = DurationArgument(seconds: 600)

    @Option(
        help: ArgumentHelp(
            "Time with bytes on an open stream, but nothing of an answer among them: comments and pings.",
            valueName: "DURATION"))
    var stallTimeout = DurationArgument(seconds: 600)

    @Option(
        help: ArgumentHelp(
            "Time of one try of a job from its start to the whole answer (default: no limit).", valueName: "DURATION"))
    var jobTimeout: DurationArgument?

    @Option(
        help: ArgumentHelp(
            "Time that open streams get after the first SIGINT, SIGTERM or SIGHUP.", valueName: "DURATION"))
    var drainTimeout = DurationArgument(seconds: 10)

    @Option(
        help: ArgumentHelp(
            "What to do with partial answers: auto takes the exact ways, continue asks the model.", valueName: "WAY"))
    var resume = ResumePolicy.auto

    @Option(
        help: ArgumentHelp(
            "Service tier to ask for, in the provider's word, where a job's line names none: flex, priority, "
                + "standard_only, ... (default: none is named).", valueName: "TIER"))
    var serviceTier: String?

    @Option(help: ArgumentHelp("Jobs to take up at most; 0 for all.", valueName: "N"))
    var maxJobs = 0

    @Flag(help: "Say what would be found, sent where, and used up by what is left; send and store nothing.")
    var dryRun = false

    @Flag(help: "Take up no more jobs once one has failed.")
    var failFast = false

    @Option(help: ArgumentHelp("Chunks to keep: all, those of answers not complete, none.", valueName: "WHICH"))
    var chunks = StoreOptions.ChunkRetention.all

    @Option(
        help: ArgumentHelp(
            "full: every commit is synced to disk; normal: a power cut may take back what was counted in the last "
                + "minute or the last 16 MiB.",
            valueName: "LEVEL"))
    var durability = StoreOptions.Durability.full

    @Option(help: ArgumentHelp("Most bytes of one event of a stream.", valueName: "BYTES"))
    var maxEventBytes = 8 << 20

    @Option(
        help: ArgumentHelp(
            "PEM file of certificate authorities to trust beside the system's (default: SSL_CERT_FILE, else none).",
            valueName: "FILE"), completion: .file(extensions: ["pem", "crt"]))
    var caFile: String?

    @Flag(help: "Trust the authorities of --ca-file (or of SSL_CERT_FILE) only, and none of the system.")
    var caOnly = false

    @Option(
        help: ArgumentHelp(
            "PEM file of the certificate to show servers that want one, its own first (default: none).",
            valueName: "FILE"), completion: .file(extensions: ["pem", "crt"]))
    var clientCert: String?

    @Option(
        help: ArgumentHelp(
            "PEM file of that certificate's key, without a passphrase (default: the file of --client-cert).",
            valueName: "FILE"), completion: .file(extensions: ["pem", "key"]))
    var clientKey: String?

    @Option(
        help: ArgumentHelp(
            "Progress on standard error: auto is a bar on a terminal without NO_COLOR, else a line each ten seconds.",
            valueName: "FORM"))
    var progress = ProgressMode.auto

    @Option(help: ArgumentHelp("Messages on standard error: those of this level and graver.", valueName: "LEVEL"))
    var logLevel = LogLevel.info

    mutating func validate() throws {
        try FlagBounds.check("max-attempts", maxAttempts, FlagBounds.attempts)
        try FlagBounds.check("max-event-bytes", maxEventBytes, FlagBounds.bytes)
        if serviceTier?.isEmpty == true { throw ValidationError("--service-tier must name a service tier") }
        try FlagBounds.check("max-jobs", maxJobs, NumberGate.counts)
        let timeouts = [
            ("connect-timeout", connectTimeout),
            ("first-token-timeout", firstTokenTimeout ?? DurationArgument(seconds: 1)),
            ("idle-timeout", idleTimeout), ("stall-timeout", stallTimeout),
            ("job-timeout", jobTimeout ?? DurationArgument(seconds: 1)),
        ]
        for (name, value) in timeouts where value.duration <= .zero {
            throw ValidationError("--\(name) must be longer than zero")
        }
    }

    /// The options in force, for the table `runs`; none of them is a secret.
    var json: JSON {
        var object = JSONObject()
        object["base-url"] = baseURL.map(JSON.string)
        limits.add(to: &object)
        object["max-attempts"] = .int(maxAttempts)
        object["connect-timeout"] = .string(connectTimeout.defaultValueDescription)
        object["first-token-timeout"] = firstTokenTimeout.map { .string($0.defaultValueDescription) }
        object["idle-timeout"] = .string(idleTimeout.defaultValueDescription)
        object["stall-timeout"] = .string(stallTimeout.defaultValueDescription)
        object["job-timeout"] = jobTimeout.map { .string($0.defaultValueDescription) }
        object["drain-timeout"] = .string(drainTimeout.defaultValueDescription)
        object["resume"] = .string(resume.rawValue)
        object["service-tier"] = serviceTier.map(JSON.string)
        object["max-jobs"] = .int(maxJobs)
        object["fail-fast"] = .bool(failFast)
        object["chunks"] = .string(chunks.rawValue)
        object["durability"] = .string(durability.rawValue)
        object["max-event-bytes"] = .int(maxEventBytes)
        object["ca-file"] = caFile.map(JSON.string)
        if caOnly { object["ca-only"] = true }
        object["client-cert"] = clientCert.map(JSON.string)
        object["client-key"] = clientKey.map(JSON.string)
        return .object(object)
    }
}

extension RunOptions {
    /// Why the service tier cannot be asked for; nil where every provider has it, and where none is named.
    func tierFault(at providers: [Provider]) -> ConfigurationError? {
        serviceTier.flatMap { tier in
            providers.lazy.compactMap { $0.fault(ofTier: tier, option: "--service-tier") }.first
        }
    }

    /// How servers are reached: what is trusted, what is shown, by way of which proxies, and how long they may be silent.
    func transport(_ environment: [String: String]) -> TransportConfiguration {
        var configuration = TransportConfiguration(environment: environment, caFile: caFile)
        configuration.trustsCAFileOnly = caOnly
        configuration.clientCertificate = clientCert
        configuration.clientKey = clientKey
        configuration.timeouts.connect = connectTimeout.duration
        if let firstTokenTimeout { configuration.timeouts.firstToken = firstTokenTimeout.duration }
        configuration.timeouts.idle = idleTimeout.duration
        configuration.timeouts.stall = stallTimeout.duration
        configuration.timeouts.job = jobTimeout?.duration
        configuration.limits.maximumEventBytes = maxEventBytes
        return configuration
    }

    /// What the engine keeps to, but for what earlier runs have spent.
    func runConfiguration(_ providers: [Provider], _ prices: PriceTable) -> RunConfiguration {
        var configuration = RunConfiguration()
        configuration.concurrency = limits.rates.concurrency
        configuration.limits = limits.rates.limits(of: providers)
        configuration.prices = prices
        configuration.outageTimeout = limits.outageTimeout.duration
        configuration.drainTimeout = drainTimeout.duration
        configuration.maximumJobs = maxJobs == 0 ? nil : maxJobs
        configuration.failsFast = failFast
        configuration.resume = resume
        configuration.serviceTier = serviceTier
        if firstTokenTimeout != nil { configuration.flexFirstToken = nil }
        configuration.retry.maximumAttempts = maxAttempts
        return configuration
    }

    /// How the database is kept.
    var storeOptions: StoreOptions {
        var store = StoreOptions()
        store.durability = durability
        store.chunks = chunks
        return store
    }
}

/// How progress is shown.
enum ProgressMode: String, ExpressibleByArgument, CaseIterable {
    case auto, bar, plain, json, none
}

extension ResumePolicy: ExpressibleByArgument {}
extension StoreOptions.ChunkRetention: ExpressibleByArgument {}
extension StoreOptions.Durability: ExpressibleByArgument {}
