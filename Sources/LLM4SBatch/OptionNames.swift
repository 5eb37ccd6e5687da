/// How messages call the options of a run.
package enum OptionNames: Sendable {
    /// By the flags of the command, as the engine, the transport and the store write them.
    case flags
    /// By the properties of `BatchOptions`.
    case properties

    /// The properties of the flags.
    static let propertyNames: [String: String] = [
        "model": "model", "provider": "provider", "base-url": "baseURLs", "weight": "weights",
        "order": "order", "warm-first": "warmFirst", "service-tier": "serviceTier",
        "resume": "resume", "shard": "shard", "on-changed": "changedJobs", "skip-invalid": "skipsInvalid",
        "max-line-bytes": "maximumLineBytes", "samples": "samples", "template": "template", "rows": "rows",
        "row-metadata": "rowMetadata", "limit": "maximumRows", "sample-rows": "sampledRows", "seed": "sampleSeed",
        "check": "check", "check-command": "checkCommand", "check-timeout": "checkTimeout",
        "on-invalid": "onInvalid", "max-answers": "maximumAnswers", "on-length": "onLength",
        "loops": "loops", "dedupe": "dedupes", "concurrency": "concurrency",
        "concurrency-max": "concurrencyMaximum", "ttft-target": "firstTokenTarget",
        "concurrency-per-provider": "concurrencyPerProvider", "rpm": "requestsPerMinute", "tpm": "tokensPerMinute",
        "share": "share", "shared": "sharedFolder", "every": "publishingInterval",
        "prices": "prices", "max-cost": "maximumCost", "max-tokens-total": "maximumTokens", "max-jobs": "maximumJobs",
        "max-attempts": "maximumAttempts", "fail-fast": "failsFast", "connect-timeout": "timeouts.connect",
        "first-token-timeout": "timeouts.firstToken", "idle-timeout": "timeouts.idle",
        "stall-timeout": "timeouts.stall", "job-timeout": "timeouts.job", "outage-timeout": "outageTimeout",
        "drain-timeout": "drainTimeout", "max-event-bytes": "maximumEventBytes", "chunks": "chunks",
        "latency": "latency", "http": "http",
        "durability": "durability", "wait-lock": "lockWait", "ca-file": "caFile", "ca-only": "trustsCAFileOnly",
        "client-cert": "clientCertificate", "client-key": "clientKey",
    ]

    /// What else messages call by its name on the command line.
    private static let others = [
        ("--ca-file FILE", "caFile"), ("another --db", "another database"),
        ("name it in the configuration file", "add it to the catalog"),
    ]

    /// A message with the options by these names.
    package func naming(_ message: String) -> String {
        guard self == .properties, message.contains("--") || message.contains("configuration file") else {
            return message
        }
        let message = Self.others.reduce(message) { $0.replacing($1.0, with: $1.1) }
        // Not within a path: what a file is called stays.
        return message.replacing(#/(^|[ '(\n])--([a-z]+(?:-[a-z]+)*)/#) { match -> String in
            let name = Self.propertyNames[String(match.output.2)]
            return name.map { String(match.output.1) + $0 } ?? String(match.output.0)
        }
    }

    /// Why a run that reached a limit has left work.
    ///
    /// - Parameter limit: the flag that set it, as the engine tells it.
    func reason(ofLimit limit: String) -> String {
        guard self == .properties else { return "by --\(limit)" }
        return switch limit {
        case "fail-fast": "a job failed, and failsFast is set"
        case "max-jobs": "maximumJobs was reached"
        case "max-cost", "max-tokens-total":
            "\(Self.propertyNames[limit] ?? limit) does not allow another request"
        default: "maximumCost or maximumTokens does not allow another request"
        }
    }
}
