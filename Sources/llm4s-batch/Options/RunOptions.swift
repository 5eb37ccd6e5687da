import ArgumentParser
import LLM4SBatch
import LLMStreaming

/// The options of `run`, `resume` and `retry` (Contract, "Commands").
struct RunOptions: ParsableArguments {
    @OptionGroup var pools: PoolOptions

    @OptionGroup var limits: LimitOptions

    @OptionGroup var answers: AnswerOptions

    @OptionGroup var sharing: SharedOptions

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
            "Time of one attempt of a job from its start to the whole answer (default: no limit).",
            valueName: "DURATION"))
    var jobTimeout: DurationArgument?

    @Option(
        help: ArgumentHelp(
            "Time that open streams get after the first SIGINT, SIGTERM or SIGHUP.", valueName: "DURATION"))
    var drainTimeout = DurationArgument(seconds: 10)

    @Option(
        help: ArgumentHelp(
            "What to do with partial answers: auto takes the exact ways, continue asks the model.", valueName: "WAY"))
    var resume = BatchOptions.ResumeWay.auto

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
    var chunks = BatchOptions.ChunkRetention.all

    @Option(
        help: ArgumentHelp(
            "full: every commit is synced to disk; normal: a power cut may take back what was counted in the last "
                + "minute or the last 16 MiB.",
            valueName: "LEVEL"))
    var durability = BatchOptions.Durability.full

    @Option(
        help: ArgumentHelp(
            "low: each piece of an answer is read at once; normal: small ones of many streams may wait up to 2 ms, which saves "
                + "CPU.", valueName: "LEVEL"))
    var latency = BatchOptions.Latency.normal

    @Option(
        help: ArgumentHelp(
            "Time to wait for another worker of the database to end; then the exit status is 3.", valueName: "DURATION")
    )
    var waitLock = DurationArgument(seconds: 0)

    @Flag(help: "Failed jobs, and lines that --skip-invalid leaves out, do not change the exit status.")
    var allowFailures = false

    @Option(help: ArgumentHelp("Most bytes of one event of a stream.", valueName: "BYTES"))
    var maxEventBytes = 8 << 20

    @Option(
        help: ArgumentHelp(
            "PEM file of certificate authorities to trust beside the system's (default: SSL_CERT_FILE, else none).",
            valueName: "FILE"), completion: .file(extensions: ["pem", "crt"]))
    var caFile: String?

    @Option(
        help: ArgumentHelp(
            "auto: HTTP/2 where TLS and the server allow it, else HTTP/1.1; 1 or 2: that version only, also without TLS.",
            valueName: "VERSION"))
    var http = HTTPVersions.auto

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
            "Port at 127.0.0.1 for the page that shows the run and steers it; 0 takes a free one (default: no page).",
            valueName: "PORT"))
    var serve: Int?

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
        try FlagBounds.check("serve", serve, FlagBounds.ports)
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
}

extension RunOptions {
    /// What they make of a run; what the input's options say is to be added.
    var batchOptions: BatchOptions {
        var batch = BatchOptions()
        pools.add(to: &batch)
        answers.add(to: &batch)
        limits.add(to: &batch)
        sharing.add(to: &batch)
        batch.maximumAttempts = maxAttempts
        batch.timeouts.connect = connectTimeout.duration
        if let firstTokenTimeout { batch.timeouts.firstToken = firstTokenTimeout.duration }
        batch.isFirstTokenGiven = firstTokenTimeout != nil
        batch.timeouts.idle = idleTimeout.duration
        batch.timeouts.stall = stallTimeout.duration
        batch.timeouts.job = jobTimeout?.duration
        batch.drainTimeout = drainTimeout.duration
        batch.resume = resume
        batch.serviceTier = serviceTier
        batch.maximumJobs = maxJobs == 0 ? nil : maxJobs
        batch.failsFast = failFast
        batch.chunks = chunks
        batch.durability = durability
        batch.latency = latency
        batch.http = http
        batch.lockWait = waitLock.duration
        batch.maximumEventBytes = maxEventBytes
        batch.caFile = caFile
        batch.trustsCAFileOnly = caOnly
        batch.clientCertificate = clientCert
        batch.clientKey = clientKey
        return batch
    }

    /// The options in force, for the table `runs`: with the limits that the user took away, which stay away.
    func stored(_ batch: BatchOptions) -> JSONObject {
        var object = batch.stored
        for name in limits.removed { object[name] = "none" }
        if allowFailures { object["allow-failures"] = true }
        return object
    }
}

/// How progress is shown.
enum ProgressMode: String, ExpressibleByArgument, CaseIterable {
    case auto, bar, plain, json, none
}
