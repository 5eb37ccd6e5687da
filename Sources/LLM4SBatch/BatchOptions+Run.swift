package import BatchEngine
import BatchRows
package import BatchStore
import Foundation
package import LLM4S
package import LLMStreaming

// What each part of a run takes of the options.
extension BatchOptions {
    /// How jobs are read.
    package func reading(
        _ catalog: ProviderCatalog, _ environment: [String: String]
    ) throws(ConfigurationError) -> InputReading {
        let named = environment["LLM_MODEL"].flatMap { $0.isEmpty ? nil : $0 }
        let defaults = try InputDefaults(
            catalog: catalog, model: model ?? named, provider: provider, openAIBaseURL: environment["OPENAI_BASE_URL"],
            resume: resumePolicy, check: answerCheck())
        var reading = InputReading(
            parser: JobLineParser(defaults: defaults), maximumLineBytes: maximumLineBytes, skipsInvalid: skipsInvalid)
        reading.shard = try jobShard()
        reading.rows = try rowInput()
        if samples > 1 { reading.samples = JobSamples(samples) }
        return reading
    }

    /// What the engine keeps to, but for what earlier runs have spent.
    ///
    /// - Throws: where `check` is none.
    package func runConfiguration(
        _ providers: [Provider], _ table: PriceTable
    ) throws(ConfigurationError) -> RunConfiguration {
        var configuration = RunConfiguration()
        setPools(&configuration)
        configuration.limits = limits(of: providers)
        configuration.share = CurrentShare(workerShare)
        configuration.prices = table
        configuration.outageTimeout = outageTimeout
        configuration.drainTimeout = drainTimeout
        configuration.maximumJobs = maximumJobs
        configuration.failsFast = failsFast
        configuration.dedupes = dedupes
        configuration.resume = resumePolicy
        configuration.serviceTier = serviceTier
        if isFirstTokenChosen { configuration.flexFirstToken = nil }
        configuration.retry.maximumAttempts = maximumAttempts
        configuration.answers = try answerPolicy()
        return configuration
    }

    /// How the database is kept.
    package var storeOptions: StoreOptions {
        var store = StoreOptions()
        store.chunks =
            switch chunks {
            case .all: .all
            case .partial: .partial
            case .none: .none
            }
        store.durability = durability == .full ? .full : .normal
        store.workerTimeout = lockWait
        store.isPublished = sharedFolder != nil
        return store
    }

    /// How servers are reached.
    package func transportConfiguration(_ environment: [String: String]) -> TransportConfiguration {
        var configuration = TransportConfiguration(environment: environment, caFile: caFile)
        configuration.trustsCAFileOnly = trustsCAFileOnly
        configuration.timeouts = timeouts
        configuration.limits.maximumEventBytes = maximumEventBytes
        configuration.clientCertificate = clientCertificate
        configuration.clientKey = clientKey
        configuration.gathersReads = latency == .normal
        configuration.httpVersions = http
        return configuration
    }

    /// What becomes of jobs whose ids are stored with other requests.
    package var changedJobPolicy: ChangedJobPolicy {
        switch changedJobs {
        case .error: .error
        case .replace: .replace
        case .keep: .keep
        }
    }

    /// The share in its checked form.
    package var workerShare: WorkerShare { WorkerShare(share) ?? .whole }

    package var resumePolicy: ResumePolicy {
        switch resume {
        case .auto: .auto
        case .replay: .replay
        case .prefill: .prefill
        case .continue: .continue
        case .restart: .restart
        }
    }

    /// Whether the time until the first token is what the user says it is, for the tier `flex` too.
    private var isFirstTokenChosen: Bool {
        isFirstTokenGiven || timeouts.firstToken != StreamTimeouts().firstToken
    }

    /// The bounds of providers, and of models as `provider/model`: those of the options before the provider's own.
    package func limits(of providers: [Provider]) -> [String: ProviderLimits] {
        let bounded = providers.map { provider in
            var provider = provider
            provider.requestsPerMinute = requestsPerMinute ?? provider.requestsPerMinute
            provider.tokensPerMinute = tokensPerMinute ?? provider.tokensPerMinute
            return provider
        }
        return ProviderLimits.table(of: bounded, concurrency: concurrencyPerProvider)
    }
}

extension BatchOptions {
    /// The options in force under the command's names, for the table `runs`: `resume` and `retry` take limits over from it.
    package var stored: JSONObject {
        var object = JSONObject()
        storePools(&object)
        object["shard"] = shard.map { .string("\($0.index)/\($0.count)") }
        if !concurrencyPerProvider.isEmpty {
            object["concurrency-per-provider"] = .array(
                concurrencyPerProvider.sorted { $0.key < $1.key }.map { .string("\($0.key)=\($0.value)") })
        }
        object["rpm"] = requestsPerMinute.map(JSON.int)
        object["tpm"] = tokensPerMinute.map(JSON.int)
        // Whole, as the prices; it is not taken over, so that nobody publishes unasked.
        object["shared"] = sharedFolder.map { .string(URL(filePath: $0).path) }
        if sharedFolder != nil || publishingInterval != .seconds(30) { object["every"] = Self.text(publishingInterval) }
        if share != 1 { object["share"] = .string(workerShare.text) }
        // Whole, since the next run may be in another folder.
        object["prices"] = prices.map { .string(URL(filePath: $0).path) }
        object["outage-timeout"] = Self.text(outageTimeout)
        object["max-cost"] = maximumCost.map(JSON.double)
        object["max-tokens-total"] = maximumTokens.map(JSON.int)
        object["max-attempts"] = .int(maximumAttempts)
        object["connect-timeout"] = Self.text(timeouts.connect)
        if isFirstTokenChosen { object["first-token-timeout"] = Self.text(timeouts.firstToken) }
        object["idle-timeout"] = Self.text(timeouts.idle)
        object["stall-timeout"] = Self.text(timeouts.stall)
        object["job-timeout"] = timeouts.job.map(Self.text)
        object["drain-timeout"] = Self.text(drainTimeout)
        object["resume"] = .string(resume.rawValue)
        object["service-tier"] = serviceTier.map(JSON.string)
        object["check"] = check
        object["check-command"] = checkCommand.map(JSON.string)
        if checkTimeout != .seconds(60) { object["check-timeout"] = Self.text(checkTimeout) }
        if onInvalid != .again { object["on-invalid"] = .string(onInvalid.rawValue) }
        if maximumAnswers != 3 { object["max-answers"] = .int(maximumAnswers) }
        if onLength != .keep { object["on-length"] = .string(onLength.rawValue) }
        if loops != .mark { object["loops"] = .string(loops.rawValue) }
        if dedupes { object["dedupe"] = true }
        object["max-jobs"] = .int(maximumJobs ?? 0)
        object["fail-fast"] = .bool(failsFast)
        object["chunks"] = .string(chunks.rawValue)
        object["durability"] = .string(durability.rawValue)
        if latency != .normal { object["latency"] = .string(latency.rawValue) }
        if http != .auto { object["http"] = .string(http.rawValue) }
        object["wait-lock"] = Self.text(lockWait)
        object["max-event-bytes"] = .int(maximumEventBytes)
        object["ca-file"] = caFile.map(JSON.string)
        if trustsCAFileOnly { object["ca-only"] = true }
        object["client-cert"] = clientCertificate.map(JSON.string)
        object["client-key"] = clientKey.map(JSON.string)
        return object
    }

    static func text(_ duration: Duration) -> JSON {
        let (seconds, attoseconds) = duration.components
        return .string(
            attoseconds == 0 ? "\(seconds)s" : "\(Int64((duration / .milliseconds(1)).clamped(to: 0...1e15)))ms")
    }
}
